"""What serving registers for the models of tasks is there, whichever test runs first."""
import vpt_mm.apis.shared.borrowed  # noqa: F401  (registers the stand-in for a backbone that tasks share)
