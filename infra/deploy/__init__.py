"""infra/deploy: from a clean checkout to a stack on AWS, and away again; what it kept stays unless somebody says so."""
