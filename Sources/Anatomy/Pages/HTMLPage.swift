/// A page for a browser: one file, without scripts, and with nothing that is fetched from anywhere.
package enum HTMLPage {
    package static func text(_ anatomy: Anatomy) -> String {
        let page = Page(anatomy)
        var body = "<header><h1>\(escaped(page.title))</h1>\n"
        let command = anatomy.subject.commandLine.joined(separator: " ")
        body += "<p class=\"quiet\"><code>\(escaped(command.isEmpty ? anatomy.subject.name : command))</code></p>\n"
        body +=
            "<nav>"
            + page.sections.map { "<a href=\"#\($0.id)\">\(escaped(short($0.title)))</a>" }.joined(separator: " ")
            + "</nav></header>\n<main>\n"
        for section in page.sections {
            body += "<section id=\"\(section.id)\"><h2>\(escaped(section.title))</h2>\n"
            switch section.id {
            case "namespaces": body += Diagram.namespaces(anatomy)
            case "root": body += Diagram.layers(anatomy)
            case "cgroups": body += Diagram.cgroups(anatomy)
            case "network": body += Diagram.network(anatomy)
            default: break
            }
            body += table(section) + "</section>\n"
        }
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(page.title))</title>
            <style>\(style)</style></head><body>
            \(body)</main></body></html>

            """
    }

    private static func short(_ title: String) -> String {
        String(title.prefix { $0 != ":" && $0 != "," })
    }

    private static func table(_ section: Page.Section) -> String {
        let rows = section.lines.map { line -> String in
            let evidence = line.evidence.map { item in
                "<dt>\(escaped(item.file))</dt><dd>\(escaped(item.value.split(separator: "\n").joined(separator: "; ")))</dd>"
            }.joined()
            let details = evidence.isEmpty ? "" : "<details><summary>evidence</summary><dl>\(evidence)</dl></details>"
            return
                "<tr class=\"\(line.tone)\"><th>\(escaped(line.label))</th><td>\(preformatted(line.text))\(details)</td></tr>"
        }
        return "<table>\n\(rows.joined(separator: "\n"))\n</table>\n"
    }

    /// Spaces at the beginning are the depth of a tree.
    private static func preformatted(_ text: String) -> String {
        let depth = text.prefix { $0 == " " }.count
        let indent = depth > 0 ? "<span style=\"padding-left:\(depth)ch\"></span>" : ""
        return indent + escaped(String(text.dropFirst(depth)))
    }

    /// Text as HTML has it between tags and in quotes; control characters are gone.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in shown(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--quiet:#626b75;--line:#d9dee4;--own:#1a6fb5;--host:#b8610b;\
        --box:#f3f6f9;--good:#1c7a3e;--bad:#b3261e}
        @media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e4e8ec;--quiet:#98a2ad;--line:#333b44;--own:#5aa9e6;\
        --host:#e59a4c;--box:#1d232a;--good:#5fc382;--bad:#ff8a80}}
        body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;margin:0}
        header,main{max-width:72rem;margin:0 auto;padding:1rem 1.5rem}h1{font-size:1.5rem;margin:.5rem 0 0}
        h2{font-size:1.1rem;border-bottom:1px solid var(--line);padding-bottom:.3rem;margin-top:2.2rem}
        nav a{color:var(--own);margin-right:.9rem;text-decoration:none}nav{margin-top:.5rem}
        table{border-collapse:collapse;width:100%}th{font-weight:600;text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0;\
        width:14rem;overflow-wrap:anywhere}td{vertical-align:top;padding:.2rem 0;overflow-wrap:anywhere}
        tr+tr{border-top:1px solid var(--line)}.quiet,.quiet td{color:var(--quiet)}.good td{color:var(--good)}
        .warning td{color:var(--host)}.bad td{color:var(--bad);font-weight:600}
        details{color:var(--quiet);font-size:.85em;font-weight:400}summary{cursor:pointer}dl{margin:.2rem 0 .4rem}
        dt,code,svg text{font-family:ui-monospace,monospace}dd{font-family:ui-monospace,monospace;margin:0 0 .2rem 1.5rem}
        svg{display:block;max-width:100%;height:auto;margin:1rem 0}svg text{fill:var(--fg);font-size:13px}
        svg .t{fill:var(--quiet);font-size:12px}svg .frame{fill:none;stroke:var(--line)}svg .box{fill:var(--box);stroke:var(--line)}
        svg .own{fill:var(--own)}svg .host{fill:var(--host)}svg .on{fill:#fff}svg .wire{stroke:var(--quiet);fill:none}
        """
}
