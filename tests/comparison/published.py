"""ROC AUC of two support vector machines in 10 x 10-fold cross-validation, and where a comparison of them is published.

scikit-learn's example "Statistical comparison of models using grid search" prints the results that tests expect.
"""

from __future__ import annotations

import numpy as np

RBF = """
23 18 19 23 25 25 25 25 24 25 24 25 25 23 21 23 25 25 20 25 20 23 22 23 25 25 22 23 25 25 20 24 21 25 25 25 25 24 23 25
25 23 25 23 25 19 25 25 25 25 25 21 25 25 25 18 23 25 25 25 23 23 25 25 20 22 25 23 24 25 24 23 21 23 25 25 25 22 23 23
25 23 24 25 18 25 25 25 25 19 24 22 25 18 23 25 24 25 25 21
"""
LINEAR = """
24 21 19 23 25 24 24 25 23 25 23 24 24 22 20 24 25 25 20 25 21 24 21 25 25 24 21 22 25 25 21 23 21 25 24 25 25 23 22 25
24 23 25 23 25 19 25 23 25 25 25 20 24 24 25 17 24 23 25 25 23 23 25 20 21 22 24 23 24 25 24 22 20 21 25 24 25 23 23 23
24 25 23 25 17 25 25 25 25 19 24 23 25 19 23 25 23 23 25 21
"""
AUC = tuple(np.array(times_25.split(), float) / 25 for times_25 in (RBF, LINEAR))
