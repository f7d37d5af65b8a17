from django.core.exceptions import ImproperlyConfigured


class WillNotStart(SystemExit, ImproperlyConfigured):
    """Bad configuration: Django knows it as such, and a terminal shows the sentence alone."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"The portal does not start. {sentence}")
