"""What the model says about genes: predicted functions, neighbours, modules, understudied genes."""
