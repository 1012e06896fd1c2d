"""What the model says of genes: predicted functions, neighbours, modules, understudied genes."""
