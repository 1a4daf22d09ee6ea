"""Is this assistant better or worse than yesterday, and where?

    python -m evals                  gold questions on the seed documents, with a report
    python -m evals compare A B      two runs on the same questions
    python -m evals.retrieval …      both sides of the search, alone and together

questions.py  what a question with its accepted answers looks like, and how one is read
datasets.py   where questions come from: a gold file, SQuAD, a BEIR folder
evidence.py   where the gold quotes stand in the documents' text
matching.py   does what was said match an accepted form? ranking.py: what a search found
scoring.py    one answer against its gold: a row
metrics.py    many rows: each metric, its definition and its source
confidence.py what the confidence is worth: risk and coverage, calibration
intervals.py  what chance alone could have done: bootstrap intervals
runner.py     ask every question; a crash is a failure, never a wrong answer
store.py      runs on disk: what was asked of what, on which machine
compare.py    two runs, question by question
gate.py       not worse than the committed baseline
report.py     one HTML file (figures.py draws, report.html is its template); terminal.py: the same in a terminal
machines.py   JUnit XML for machines
judges.py     an LLM's opinion, beside the figures and never among them
"""
