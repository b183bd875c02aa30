"""infra/cost: what a month on AWS costs, from counted calls, stated assumptions and list prices."""
