"""`make prove`: the prover is proved. Guilty applications and innocents are read, and tried live, again and again.

    reading     every application is read (nothing runs), many times
    own         every application is tried on its own criterion alone: its sin, or what makes it look guilty
    matrix      every application is tried on every criterion: refuted on its own one, and on no other

What comes of each trial is a line in a file of results at once, so that a run can be ended at any time and continued;
docs/prover.md is written from that file alone.
"""
