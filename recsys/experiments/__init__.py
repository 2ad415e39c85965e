"""Sets of runs, from conf/experiment/, and the reports made of them."""
