"""The daily jobs: another caller of the portal's services. One file per job, one line each in ``schedule.py``."""
