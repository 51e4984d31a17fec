import Foundation
import LinuxKernel
import Testing

/// Builds as people have them: several stages on the images of Debian packages (`make images`).
@Suite(
    "Builds of programs", .drivesBrig, .enabled(if: BuiltPrograms.images != nil, "needs `make images`")
)
struct BuildProgramTests {
    private func site(_ archives: [String], _ script: String) throws -> BrigFixture {
        let fixture = try BrigFixture()
        let images = try #require(BuiltPrograms.images)
        for archive in archives {
            #expect(try fixture.brig("load", "-q", "-i", "\(images)/\(archive).tar").status == 0)
        }
        let made = try BrigFixture.run(
            "/bin/sh", ["-ec", "mkdir \(fixture.directory)/c; cd \(fixture.directory)/c\n\(script)"])
        #expect(made.status == 0, "\(made.errors)")
        return fixture
    }

    @Test("a C program, compiled in one stage, alone in the next", .enabled(if: BuiltPrograms.hasCompiler))
    func compiled() throws {
        let fixture = try site(
            ["debian-12"],
            """
            \(BuildCases.directory)/toolchain toolchain.tar
            printf '#include <stdio.h>\\nint main(void) { puts("hello from a build"); return 0; }\\n' > hello.c
            cat > Dockerfile <<'END'
            FROM debian:12 AS build
            ADD toolchain.tar /
            WORKDIR /src
            COPY hello.c .
            RUN gcc -fno-use-linker-plugin -static -O1 -o /hello hello.c && /hello

            FROM scratch
            COPY --from=build /hello /
            ENTRYPOINT ["/hello"]
            END
            """)
        let built = try fixture.brig("build", "-q", "--network", "none", "-t", "compiled", "\(fixture.directory)/c")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try fixture.brig("run", "--rm", "--network", "none", "compiled").output == "hello from a build\n")
        // The compiler is not in it.
        #expect(try fixture.brig("image", "inspect", "-f", "{{len .RootFS.Layers}}", "compiled").output == "1\n")
    }

    @Test("a web service, its pages made in one stage, served by the next")
    func webService() throws {
        let fixture = try site(
            ["busybox-latest", "nginx-alpine"],
            """
            cat > Dockerfile <<'END'
            FROM busybox AS site
            RUN mkdir /site && for i in 1 2 3; do echo "page $i" > /site/$i.html; done

            FROM nginx:alpine
            COPY --from=site --chmod=a+r /site /usr/share/nginx/html
            RUN nginx -t
            HEALTHCHECK CMD wget -qO- http://127.0.0.1/1.html
            END
            """)
        let built = try fixture.brig("build", "-q", "--network", "none", "-t", "web", "\(fixture.directory)/c")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try fixture.brig("run", "-d", "--network", "none", "--name", "web", "web").status == 0)
        var page = ""
        for _ in 0..<100 where page.isEmpty {
            page = try fixture.brig("exec", "web", "wget", "-qO-", "http://127.0.0.1/2.html").output
            if page.isEmpty { Thread.sleep(forTimeInterval: 0.1) }
        }
        #expect(page == "page 2\n")
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
    }
}

/// What the tests of programs need.
enum BuiltPrograms {
    /// Where the archives of images are.
    static let images: String? = {
        let made = try? BrigFixture.run("\(BuildCases.directory)/../images/make-images", [])
        guard let made, made.status == 0 else { return nil }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }()

    static let hasCompiler = (try? OwnedDescriptor(open: "/usr/bin/gcc", .pathOnly)) != nil
}
