import CommandLineUI
import Testing

@Suite("Texts that are shown")
struct ShownTextTests {
    @Test(
        "a line as a terminal shows it in the end",
        arguments: [
            ("plain", "plain"), ("", ""), ("windows\r", "windows"), ("10%\r20%\r", "20%"), ("a\rb", "b"), ("\r", ""),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"), ("\u{1b}[2K\u{1b}[1Gx", "x"), ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]8;;http://a\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"), ("\u{1b}(Bx", "x"), ("\u{1b}cx", "x"),
            // What does not end takes the rest.
            ("a\u{1b}", "a"), ("a\u{1b}[", "a"), ("a\u{1b}[12", "a"), ("a\u{1b}]title", "a"), ("a\u{1b}( ", "a"),
            ("a\u{8}b\u{0}", "a?b?"), ("naïve ☃", "naïve ☃"), ("\ta\t\u{1b}[mb", "\ta\tb"),
        ])
    func lastState(line: String, shown: String) {
        #expect(ShownText.lastState(of: line) == shown)
    }
}
