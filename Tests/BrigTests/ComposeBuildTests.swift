import Foundation
import LinuxKernel
import Testing

/// The `build` section of compose files: all that it says reaches the build.
@Suite("Builds of compose files", .drivesBrig)
struct ComposeBuildTests {
    @Test("limits, arguments, secrets, contexts beside the build's own, and images of other services")
    func members() throws {
        let site = try BuildTests.Site()
        let secret = "not-to-be-found-\(UInt64.random(in: 0 ... .max))"
        try site.write(
            """
            services:
              base:
                image: own-base
                build:
                  context: .
                  dockerfile_inline: |
                    FROM box
                    RUN echo base > /made
              app:
                image: own-app
                build:
                  context: .
                  dockerfile_inline: |
                    FROM below
                    ARG WHO
                    RUN echo "$$WHO $$(ulimit -n) $$(df -k /dev/shm | tail -n 1 | awk '{ print $$2 }') $$(cat /made)" > /said
                    RUN --mount=type=secret,id=value --mount=type=secret,id=other wc -c < /run/secrets/value > /length && cp /run/secrets/other /other
                    COPY --from=beside f /f
                  args: {WHO: me}
                  shm_size: 8m
                  ulimits: {nofile: {soft: 321, hard: 400}}
                  additional_contexts:
                    below: service:base
                    beside: ./beside
                  secrets:
                    - source: hidden
                      target: value
                    - source: file
                      target: other
              free:
                image: own-free
                build:
                  context: .
                  entitlements: [security.insecure]
                  dockerfile_inline: |
                    FROM box
                    RUN --security=insecure true
            secrets:
              hidden: {environment: HIDDEN}
              file: {file: ./file}
            """, to: "compose.yaml")
        _ = try site.shell("mkdir beside; echo f > beside/f; echo in-a-file > file")
        let command =
            "\(BrigFixture.products)/brig --root \(site.fixture.directory)/root --run-root \(site.fixture.directory)/run"
        let built = try site.fixture.onHost(
            "/bin/sh", ["-c", "cd \(site.context) && HIDDEN=\(secret) exec \(command) compose -p made build 2>&1"])
        #expect(built.status == 0, "\(built.output)\(built.errors)")
        #expect(
            try site.output("own-app", "cat", "/said", "/length", "/other", "/f")
                == "me 321 8192 base\n\(secret.utf8.count)\nin-a-file\nf\n")
        #expect(!built.output.contains(secret))
        let found = try site.shell("grep -rl \(secret) \(site.fixture.directory)/root || :")
        #expect(found.isEmpty, "\(found)")
        #expect(try !site.brig(["history", "--no-trunc", "own-app"]).output.contains(secret))
    }

    @Test("services whose builds need each other, and attestations, are refused with one line")
    func refused() throws {
        let site = try BuildTests.Site()
        for (text, words) in [
            (
                """
                services:
                  a: {image: ia, build: {context: ., dockerfile_inline: FROM b, additional_contexts: {b: "service:b"}}}
                  b: {image: ib, build: {context: ., dockerfile_inline: FROM a, additional_contexts: {a: "service:a"}}}
                """, "need each other: a → b → a"
            ),
            (
                "services: {a: {image: ia, build: {context: ., provenance: mode=max, dockerfile_inline: FROM box}}}",
                "attestations"
            ),
            (
                "services: {a: {image: ia, build: {context: ., isolation: hyperv, dockerfile_inline: FROM box}}}",
                "isolation"
            ),
        ] {
            try site.write(text, to: "compose.yaml")
            let result = try site.brig(["compose", "-f", site.context + "/compose.yaml", "-p", "made", "build"])
            #expect(result.status != 0 && result.errors.contains(words), "\(result.errors)")
        }
    }
}
