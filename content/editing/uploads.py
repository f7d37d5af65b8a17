"""What comes in with a request: as much as a picture may have, and no more of it is kept."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class BoundedUpload(TemporaryFileUploadHandler):
    """Files go to disk in pieces, never into memory. Past the limit of the whole request pieces
    are counted and dropped, so that the form can say how large the file was."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE
        self.sent = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.sent += len(raw_data)
        if self.sent <= self.room:
            self.file.write(raw_data)

    def file_complete(self, file_size: int) -> Any:
        self.file.seek(0)
        # As it was sent; a file that is not whole counts as too large, so that no form takes it.
        self.file.size = file_size if self.sent <= self.room else max(file_size, self.room + 1)
        return self.file
