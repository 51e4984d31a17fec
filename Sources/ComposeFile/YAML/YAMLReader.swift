internal import CYaml

/// Reads YAML into nodes: bounded in bytes, depth and number of nodes, aliases counted as often as they are used.
///
/// Keys are texts and occur once; `<<` merges; only the tags of the core schema, `!reset` and `!override` are known.
struct YAMLReader {
    static let maximumBytes = 4 << 20
    static let maximumNodes = 100_000
    static let maximumDepth = 60

    /// The documents of a file.
    ///
    /// - Parameter file: The file's name in marks.
    /// - Throws: `ComposeFileError` with the line.
    static func documents(_ bytes: [UInt8], file: String) throws(ComposeFileError) -> [Node] {
        guard bytes.count <= maximumBytes else {
            throw ComposeFileError("\(file) is larger than \(maximumBytes >> 20) MiB")
        }
        let events = YAMLEvents(bytes, file: file)
        var composer = YAMLComposer(events: events, file: file)
        return try composer.documents()
    }
}

private enum YAMLEvent {
    case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd, nothing
    case alias(String)
    case scalar(String, anchor: String?, tag: String?, isPlain: Bool)
    case sequenceStart(anchor: String?, tag: String?)
    case mappingStart(anchor: String?, tag: String?)
}

/// libyaml's parser and the bytes that it reads.
private final class YAMLEvents {
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let file: String

    init(_ bytes: [UInt8], file: String) {
        input = .allocate(capacity: max(bytes.count, 1))
        _ = input.update(fromContentsOf: bytes)
        self.file = file
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, UnsafePointer(input.baseAddress), bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    func next() throws(ComposeFileError) -> (event: YAMLEvent, line: Int) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
            let isReader = parser.pointee.error == YAML_READER_ERROR
            let line = isReader ? lineOfProblem : Int(parser.pointee.problem_mark.line) + 1
            throw ComposeFileError("not valid YAML: \(problem)", at: Mark(file: file, line: line))
        }
        defer { yaml_event_delete(&event) }
        return (Self.converted(event), Int(event.start_mark.line) + 1)
    }

    private var lineOfProblem: Int {
        1 + input.prefix(parser.pointee.problem_offset).reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private static func converted(_ event: yaml_event_t) -> YAMLEvent {
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias(text(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .sequenceStart(anchor: text(start.anchor), tag: text(start.tag))
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(anchor: text(start.anchor), tag: text(start.tag))
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(
                String(decoding: bytes, as: UTF8.self), anchor: text(scalar.anchor), tag: text(scalar.tag),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        default: return .nothing
        }
    }
}

private struct YAMLComposer {
    let events: YAMLEvents
    let file: String
    private var anchors: [String: (node: Node, size: Int)] = [:]
    private var count = 0

    init(events: YAMLEvents, file: String) {
        self.events = events
        self.file = file
    }

    mutating func documents() throws(ComposeFileError) -> [Node] {
        var result: [Node] = []
        while true {
            let (event, line) = try events.next()
            switch event {
            case .streamEnd: return result
            case .documentStart:
                anchors = [:]
                result.append(try node(try events.next(), depth: 0))
                guard result.count <= 100 else {
                    throw ComposeFileError("more than 100 documents", at: Mark(file: file, line: line))
                }
            default: continue
            }
        }
    }

    private mutating func spend(_ amount: Int, at mark: Mark) throws(ComposeFileError) {
        count += amount
        guard count <= YAMLReader.maximumNodes else {
            throw ComposeFileError(
                "more than \(YAMLReader.maximumNodes) values, aliases counted as often as they are used", at: mark)
        }
    }

    private mutating func node(
        _ next: (event: YAMLEvent, line: Int), depth: Int
    ) throws(ComposeFileError) -> Node {
        let mark = Mark(file: file, line: next.line)
        guard depth <= YAMLReader.maximumDepth else {
            throw ComposeFileError("nested deeper than \(YAMLReader.maximumDepth) levels", at: mark)
        }
        let before = count
        try spend(1, at: mark)
        let (result, anchor): (Node, String?)
        switch next.event {
        case .alias(let name):
            guard let known = anchors[name] else {
                throw ComposeFileError("there is no anchor \(quotedText(name)) above this alias", at: mark)
            }
            try spend(known.size, at: mark)
            return known.node
        case .scalar(let text, let name, let tag, let isPlain):
            result = try scalar(text, tag: tag, isPlain: isPlain, at: mark)
            anchor = name
        case .sequenceStart(let name, let tag):
            result = try sequence(tag: tag, at: mark, depth: depth)
            anchor = name
        case .mappingStart(let name, let tag):
            result = try mapping(tag: tag, at: mark, depth: depth)
            anchor = name
        default:
            throw ComposeFileError("not valid YAML: a value is expected", at: mark)
        }
        if let anchor { anchors[anchor] = (result, count - before) }
        return result
    }

    private func directive(_ tag: String?, at mark: Mark) throws(ComposeFileError) -> Node.Directive? {
        switch tag {
        case nil, "!": return nil
        case "!reset"?: return .reset
        case "!override"?: return .override
        case let tag? where tag.hasPrefix("tag:yaml.org,2002:"): return nil
        case let tag?: throw ComposeFileError("the tag \(quotedText(tag)) is not known", at: mark)
        }
    }

    private func scalar(
        _ text: String, tag: String?, isPlain: Bool, at mark: Mark
    ) throws(ComposeFileError) -> Node {
        guard !text.utf8.contains(0) else { throw ComposeFileError("a text holds a NUL character", at: mark) }
        let directive = try directive(tag, at: mark)
        let isPlain = isPlain && tag != "tag:yaml.org,2002:str" && tag != "!"
        if isPlain, ["", "~", "null", "Null", "NULL"].contains(text) {
            return Node(.null, at: mark, directive: directive)
        }
        return Node(.text(text, isPlain: isPlain), at: mark, directive: directive)
    }

    private mutating func sequence(tag: String?, at mark: Mark, depth: Int) throws(ComposeFileError) -> Node {
        let directive = try directive(tag, at: mark)
        var list: [Node] = []
        while true {
            let next = try events.next()
            if case .sequenceEnd = next.event { return Node(.list(list), at: mark, directive: directive) }
            list.append(try node(next, depth: depth + 1))
        }
    }

    private mutating func mapping(tag: String?, at mark: Mark, depth: Int) throws(ComposeFileError) -> Node {
        let directive = try directive(tag, at: mark)
        var map = NodeMap()
        var merged: [NodeMap] = []
        while true {
            let next = try events.next()
            if case .mappingEnd = next.event { break }
            let keyMark = Mark(file: file, line: next.line)
            let key = try node(next, depth: depth + 1)
            let value = try node(try events.next(), depth: depth + 1)
            if case .text("<<", true) = key.value {
                merged += try mergeSources(value)
                continue
            }
            guard let name = key.text ?? (key.isNull ? "null" : nil) else {
                throw ComposeFileError("a key must be a text, not \(key.kind)", at: keyMark)
            }
            if let first = map.mark(of: name) {
                throw ComposeFileError(
                    "the key \(quotedText(name)) is there twice, first in line \(first.line)", at: keyMark)
            }
            map.set(name, value, at: keyMark)
        }
        // What stands in the mapping itself wins, then the first of several.
        for source in merged {
            for (key, value) in source.pairs where map[key] == nil { map.set(key, value, at: source.mark(of: key)) }
        }
        return Node(.map(map), at: mark, directive: directive)
    }

    private func mergeSources(_ node: Node) throws(ComposeFileError) -> [NodeMap] {
        if let map = node.map { return [map] }
        guard let list = node.list else {
            throw ComposeFileError("<< takes a mapping or a list of mappings", at: node.mark)
        }
        var result: [NodeMap] = []
        for element in list {
            guard let map = element.map else {
                throw ComposeFileError("<< takes a mapping or a list of mappings", at: element.mark)
            }
            result.append(map)
        }
        return result
    }
}
