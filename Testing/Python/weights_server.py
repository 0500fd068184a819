"""A server on this computer that sends one file, and cuts connections, knows no ranges, lies or stalls as it is told."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = bytes(range(256)) * 4096


class Server(ThreadingHTTPServer):
    """Sends one file, and behaves as it is told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.ranges, self.cut_after, self.cuts = CONTENT, '"one"', True, None, 0
        self.announce = self.redirect = None
        self.status = 200
        self.asked, self.methods = [], []
        self.going_on = threading.Event()
        self.going_on.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/weights.zip"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET(body=False)

    def do_GET(self, body=True):
        server = self.server
        server.asked.append(dict(self.headers))
        server.methods.append(self.command)
        if server.redirect:
            self.send_response(302)
            self.send_header("Location", server.redirect)
            self.end_headers()
            return
        if server.status != 200:
            self.send_error(server.status)
            return
        begin = 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and server.ranges and self.headers.get("If-Range") == server.etag:
            begin = int(wanted[1])
            if begin >= len(server.content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {begin}-{len(server.content) - 1}/{len(server.content)}")
        else:
            self.send_response(200)
        rest = server.content[begin:]
        if server.announce != "nothing":
            self.send_header("Content-Length", str(server.announce or len(rest)))
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        if body:
            cut = server.cut_after if server.cuts else None
            server.cuts = max(0, server.cuts - 1)
            half = len(rest[:cut]) // 2
            self.wfile.write(rest[:half])
            server.going_on.wait()
            self.wfile.write(rest[half:cut])
        self.close_connection = True
