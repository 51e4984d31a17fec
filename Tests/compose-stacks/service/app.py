"""Counts its visitors in redis, whose protocol is spoken by hand: there is no library here."""

import http.server, os, socket


def redis(*words):
    with socket.create_connection((os.environ["STORE"], 6379), timeout=30) as connection:
        connection.sendall(f"*{len(words)}\r\n".encode() + b"".join(f"${len(w)}\r\n{w}\r\n".encode() for w in words))
        return connection.makefile().readline().strip()[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = "healthy\n" if self.path == "/health" else f"visitor {redis('INCR', 'visitors')}\n"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())


http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
