"""The parts that the HTML pages are made of. Data enters them as text and nowhere else."""
