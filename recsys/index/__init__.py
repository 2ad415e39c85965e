"""Which items' vectors are the nearest to a query's: the first stage of two, before a ranking of few."""
