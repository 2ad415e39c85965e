"""`python -m benchmarks.speed` measures the click-through network; its siblings here are modules of their own."""

from benchmarks.speed.ctr import main

if __name__ == "__main__":
    main()
