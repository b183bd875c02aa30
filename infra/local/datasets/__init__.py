"""The data sets of the demo: what Noyo has when the bot runs for the first time, and the carriers that the bot knows.

A data set is the same each time: names, ids and the distances of times follow from the number of a record.
"""

from infra.local.datasets.dataset import Dataset
from infra.local.datasets.large import LARGE
from infra.local.datasets.small import SMALL

__all__ = ["LARGE", "SMALL", "DATASETS", "Dataset"]

DATASETS = {dataset.name: dataset for dataset in (SMALL, LARGE)}
