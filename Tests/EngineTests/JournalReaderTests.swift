import LinuxKernel
import MonitorProtocol
import OCISpec
import Testing

@testable import Engine

/// A shell script stands for `journalctl`: entries in a file, one a line, with `cNUMBER` as their positions.
@Suite("Reading a log out of the journal")
final class JournalReaderTests {
    private let directory: TemporaryDirectory
    private let id: Identifier

    init() throws {
        directory = try TemporaryDirectory()
        id = try #require(Identifier(String(repeating: "ab", count: 32)))
    }

    private final class Collected { var texts: [String] = [] }

    private static func entry(_ number: Int) -> String {
        let fields: JSONObject = [
            "__CURSOR": .string("c\(number)"), "MESSAGE": .string("\(number)"), "PRIORITY": "6",
            "SYSLOG_TIMESTAMP": .string(Timestamp(seconds: Int64(number)).description),
        ]
        return JSONValue.object(fields).text()
    }

    private func script(_ text: String) throws -> Journalctl {
        let path = directory.path + "/journalctl"
        try HostDirectory.write(Array("#!/bin/sh\ncd \(directory.path)\n\(text)\n".utf8), to: path, mode: 0o700)
        return Journalctl(program: path)
    }

    /// A journal with these entries.
    private func journal(_ numbers: ClosedRange<Int>, between: String = "") throws -> Journalctl {
        let lines = numbers.map { Self.entry($0) + "\n" + between }.joined()
        try HostDirectory.write(Array(lines.utf8), to: directory.path + "/entries", mode: 0o600)
        return try script(
            #"""
            for word; do
                case $word in
                --reverse) reverse=1 ;;
                --cursor=*) from=${word#*=} ;;
                --after-cursor=*) after=${word#*=} ;;
                esac
            done
            if [ "$reverse" ]; then tac entries
            elif [ "$from" ]; then sed -n "/\"$from\"/,\$p" entries
            elif [ "$after" ]; then sed "1,/\"$after\"/d" entries
            else cat entries
            fi
            """#)
    }

    private func read(
        _ journal: Journalctl, _ change: (inout LogSelection) -> Void = { _ in },
        more: @escaping (String) throws -> Bool = { _ in true }
    ) throws -> [String] {
        var selection = LogSelection()
        change(&selection)
        let found = Collected()
        var reader = JournalReader(journal, id: id, selection: selection) { record in
            let text = String(decoding: record.log.dropLast(), as: UTF8.self)
            found.texts.append(text)
            return try more(text)
        }
        try reader.run { nil }
        return found.texts
    }

    @Test("an entry is shown when it comes, while the journal is still being read")
    func stream() throws {
        let journal = try script(
            """
            echo '\(Self.entry(1))'
            left=600
            while [ ! -e shown ] && [ $left -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
            if [ -e shown ]; then echo '\(Self.entry(2))'; else echo '\(Self.entry(9))'; fi
            """)
        let shown = directory.path + "/shown"
        let texts = try read(
            journal,
            more: { text in
                if text == "1" { try HostDirectory.write([], to: shown, mode: 0o600) }
                return true
            })
        #expect(texts == ["1", "2"])
    }

    @Test("journalctl is ended where nothing more is wanted")
    func enough() throws {
        let journal = try script(
            """
            echo '\(Self.entry(1))'
            echo '\(Self.entry(2))'
            for i in $(seq 600); do sleep 0.1; done
            : > finished
            """)
        #expect(try read(journal, { $0.until = Timestamp(seconds: 1) }) == ["1"])
        #expect(throws: (any Error).self) { try read(journal, more: { _ in throw TestError() }) }
        #expect(!exists(directory.path + "/finished"))
    }

    private struct TestError: Error {}

    @Test(
        "the last so many of those that are wanted",
        arguments: [
            (nil, nil, nil, 1...9), (3, nil, nil, 7...9), (100, nil, nil, 1...9), (nil, 4, nil, 4...9),
            (nil, nil, 5, 1...5), (nil, 4, 6, 4...6), (2, nil, 5, 4...5), (2, 5, 5, 5...5), (9, 7, nil, 7...9),
            (2, 3, nil, 8...9), (2, 3, 6, 5...6), (0, nil, nil, nil), (5, 20, nil, nil),
        ] as [(Int?, Int64?, Int64?, ClosedRange<Int>?)])
    func selections(tail: Int?, since: Int64?, until: Int64?, expected: ClosedRange<Int>?) throws {
        let texts = try read(try journal(1...9)) {
            $0.tail = tail
            $0.since = since.map { Timestamp(seconds: $0) }
            $0.until = until.map { Timestamp(seconds: $0) }
        }
        #expect(texts == (expected.map(Array.init) ?? []).map(String.init))
    }

    @Test("what is no entry, or as long as none of ours can be, is passed over")
    func foreign() throws {
        let long = #"{"__CURSOR": "x", "MESSAGE": ""# + String(repeating: "x", count: Journalctl.longestEntry) + "\"}\n"
        let texts = try read(try journal(1...2, between: "not JSON\n{\"__CURSOR\": \"y\"}\n[]\n" + long))
        #expect(texts == ["1", "2"])
    }

    @Test("what journalctl complains about is the error; that there is nothing yet is none")
    func failures() throws {
        #expect(try read(try script("exit 1")) == [])
        for (text, message) in [
            ("echo No journal files >&2; exit 1", "journalctl: No journal files"),
            ("kill -KILL $$", "journalctl: ended by SIGKILL"),
        ] {
            let journal = try script(text)
            let error = #expect(throws: EngineError.self) { try read(journal) }
            #expect(error?.message == message)
        }
    }
}
