"""How fast, how large and how steady the dashboard is: from a commit of the store to what somebody sees.

The masters run as users run them; a browser looks at them, and beside it a plain reader of the same stream says what
of each figure is the server's. Figures come with floors of the same run: a watch of the same changes, an empty page.

    python -m benchmarks.dashboard                        all of it, in five minutes
    python -m benchmarks.dashboard latency crowd          some of it
    python -m benchmarks.dashboard churn --minutes 10     watch memory for longer
"""
