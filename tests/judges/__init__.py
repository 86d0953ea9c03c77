"""What others say of the headers that hauberk sends: tools from npm, installed for these tests and for nothing else."""
