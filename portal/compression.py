"""Compression of answers, except where it would leak."""

from __future__ import annotations

from flask import Flask, Response, g

from portal.extensions import compress

BROTLI_QUALITY = 6


def init_app(app: Flask) -> None:
    """Compress HTML and text answers; one that holds a secret beside text of the request goes plain."""
    app.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_ALGORITHM_STREAMING=["br", "deflate"],
        COMPRESS_BR_LEVEL=BROTLI_QUALITY,
        COMPRESS_MIMETYPES=["text/html", "text/csv", "application/json"],
        COMPRESS_MIN_SIZE=250,
    )
    compress.init_app(app)

    @app.after_request
    def squeeze(response: Response) -> Response:
        return response if g.get("never_compress") else compress.after_request(response)
