"""check-page.py FILE SECTION...: whether a page is one well-formed HTML file that fetches nothing and runs nothing.

Prints one line for each thing that is wrong, and nothing where all is well.
"""
import html.parser
import re
import sys

# HTML Standard, 13.1.2: elements that have no end tag.
VOID = set("area base br col embed hr img input link meta source track wbr".split())
# Elements that fetch or run something, whatever their attributes.
FORBIDDEN = set("script link base iframe frame object embed img image video audio source track form applet use".split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.wrong = [], [], []
        self.links, self.policy, self.headings, self.text = [], None, 0, []

    def say(self, words):
        self.wrong.append("line %d: %s" % (self.getpos()[0], words))

    def handle_starttag(self, tag, attributes):
        if len({name for name, _ in attributes}) != len(attributes):
            self.say("an attribute of <%s> is there twice" % tag)
        if tag in FORBIDDEN:
            self.say("<%s> can fetch or run something" % tag)
        for name, value in attributes:
            value = value or ""
            if name == "id":
                self.ids.append(value)
            if name.startswith("on"):
                self.say("%s= runs something" % name)
            if name in ("href", "src", "srcset", "action", "data", "xlink:href", "poster", "background", "ping"):
                self.links.append(value)
                if not value.startswith("#"):
                    self.say("%s=%r leads out of the page" % (name, value))
            if name == "style":
                self.style(value)
        if tag == "meta" and dict(attributes).get("http-equiv", "").lower() == "content-security-policy":
            self.policy = dict(attributes).get("content", "")
        elif tag == "meta" and "http-equiv" in dict(attributes):
            self.say("a page may not send its reader elsewhere")
        if tag == "h2":
            self.headings += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID or not self.open or self.open[-1] != tag:
            self.say("</%s> closes <%s>" % (tag, self.open[-1] if self.open else "nothing"))
            while self.open and tag in self.open and self.open[-1] != tag:
                self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style(data)
        else:
            self.text.append(data)

    def style(self, text):
        if re.search(r"url\(|@import|expression\(|image-set", text, re.IGNORECASE):
            self.say("a style fetches something")


def main(path, *sections):
    text = open(path, "rb").read().decode("utf-8")  # fails where it is not UTF-8
    page = Page()
    page.feed(text)
    page.close()
    if page.open:
        page.say("never closed: %s" % " ".join(page.open))
    if not text.startswith("<!DOCTYPE html>"):
        page.say("no <!DOCTYPE html>")
    if "default-src 'none'" not in (page.policy or ""):
        page.say("the page's policy lets something be fetched")
    for name in sorted(set(name for name in page.ids if page.ids.count(name) > 1)):
        page.say("two have the id %r" % name)
    for link in page.links:
        if link.startswith("#") and link[1:] not in page.ids:
            page.say("%s leads nowhere" % link)
    for name in sections:
        if name not in page.ids:
            page.say("there is no section %r" % name)
    if any(ord(c) < 32 and c not in "\n\t" or 127 <= ord(c) < 160 for c in text):
        page.say("a control character")
    for line in page.wrong:
        print(line)


main(*sys.argv[1:])
