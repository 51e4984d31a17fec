import OCISpec
import Testing

@testable import CommandLineUI

/// What `docker inspect --format` of version 28 prints of one container, and what it complains about. Recorded from it.
@Suite("Templates as Docker applies them")
struct DockerTemplateTests {
    /// `=` what is printed, `!` the error; a line end within is `⏎`.
    struct Case: Sendable, CustomTestStringConvertible {
        let template: String
        let result: String
        var testDescription: String { template }
    }

    static let cases: [Case] = {
        let lines = recorded.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return stride(from: 0, to: lines.count - 1, by: 2).map { Case(template: lines[$0], result: lines[$0 + 1]) }
    }()

    @Test("the same text, the same error", arguments: cases)
    func same(recorded: Case) throws {
        let value = try JSONValue(parsing: Array(Self.container.utf8), sizeLimit: 1 << 20)
        var found: String
        do throws(TemplateError) {
            let text = try Template(recorded.template).text(inspecting: value) { Self.complete(value) }
            found = "= " + String(text.map { $0 == "\n" ? "⏎" : $0 })
        } catch {
            found = "! \(error)"
        }
        #expect(found == recorded.result)
    }

    /// With members that the JSON leaves out.
    private static func complete(_ value: JSONValue) -> JSONValue {
        guard case .object(var object) = value, case .object(var state)? = object["State"],
            case .array(let mounts)? = object["Mounts"]
        else { return value }
        state["Health"] = .null
        object["State"] = .object(state)
        object["Mounts"] = .array(
            mounts.map { mount in
                guard case .object(var members) = mount else { return mount }
                members["Name"] = members["Name"] ?? ""
                return .object(members)
            })
        return .object(object)
    }

    private static let container = #"""
        {"Id":"abc123","Created":"2024-01-02T03:04:05.678Z","Path":"sh","Args":["-c","echo hi"],
        "State":{"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":7,"ExitCode":0,"Error":"","StartedAt":"2024-01-02T03:04:06Z","FinishedAt":"0001-01-01T00:00:00Z"},
        "Image":"sha256:1234","ResolvConfPath":"/r","HostnamePath":"/h","HostsPath":"/ho","LogPath":"","Name":"/web","RestartCount":0,"Driver":"overlay2","Platform":"linux","MountLabel":"","ProcessLabel":"","AppArmorProfile":"","ExecIDs":null,
        "HostConfig":{"Binds":null,"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},"NetworkMode":"bridge","PortBindings":{},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":false,"VolumeDriver":"","VolumesFrom":null,"CapAdd":["NET_ADMIN","SYS_TIME"],"CapDrop":null,"Memory":1048576,"NanoCpus":1500000000,"PidsLimit":null,"OomKillDisable":false,"Ulimits":[],"MemorySwappiness":null},
        "GraphDriver":{"Data":{"UpperDir":"/u"},"Name":"overlay2"},
        "Mounts":[{"Type":"bind","Source":"/a","Destination":"/b","Mode":"","RW":true,"Propagation":"rprivate"},{"Type":"volume","Name":"v","Source":"/c","Destination":"/d","Driver":"local","Mode":"z","RW":false,"Propagation":""}],
        "Config":{"Hostname":"h","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":["PATH=/bin","A=<b> & \"c\" 'd'"],"Cmd":["sh"],"Image":"box","Volumes":null,"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":{"a":"1","b.c":"2","Empty":"","z":"last"}},
        "NetworkSettings":{"Bridge":"","SandboxID":"s","SandboxKey":"/k","Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}],"81/tcp":null},"IPAddress":"172.17.0.2","Gateway":"172.17.0.1","Networks":{"bridge":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"02:42","DriverOpts":null,"NetworkID":"n","EndpointID":"e","Gateway":"172.17.0.1","IPAddress":"172.17.0.2","IPPrefixLen":16}}}}
        """#

    private static let recorded = ####"""
        {{.Config.Labels.nothing}}
        = <no value>
        {{index .Config.Labels "nothing"}}
        = 
        {{.Config.Labels.a}}
        = 1
        {{.Config.Labels.A}}
        = <no value>
        {{.Config.Labels.empty}}|{{.Config.Labels.Empty}}
        = <no value>|
        {{.Config.Labels}}
        = map[Empty: a:1 b.c:2 z:last]
        {{.Nope}}
        ! template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"
        {{.Config.Nope}}
        ! template: :1:9: executing "" at <.Config.Nope>: map has no entry for key "Nope"
        {{.State.Health}}
        = <nil>
        {{.State.Health.Status}}
        ! template: :1:8: executing "" at <.State.Health.Status>: map has no entry for key "Health"
        {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}
        = none
        {{.Config.Volumes}}
        = map[]
        {{.Config.Cmd}}
        = [sh]
        {{.Config.Entrypoint}}
        = []
        {{.HostConfig.Binds}}
        = []
        {{.HostConfig.PidsLimit}}
        = <nil>
        {{.HostConfig.OomKillDisable}}
        = false
        {{.HostConfig.MemorySwappiness}}
        = <nil>
        {{.ExecIDs}}
        = []
        {{len .Config.Entrypoint}}
        = 0
        {{len .Config.Volumes}}
        = 0
        {{len .HostConfig.PidsLimit}}
        ! template: :1:2: executing "" at <len .HostConfig.PidsLimit>: error calling len: len of nil pointer
        {{len .State.Pid}}
        = 1
        {{len 3}}
        ! template: :1:2: executing "" at <len 3>: error calling len: len of type int
        {{json .Config.Volumes}}{{json .HostConfig.Binds}}
        = nullnull
        {{json .HostConfig.PidsLimit}}
        = null
        {{json .Config.Env}}
        = ["PATH=/bin","A=<b> & \"c\" 'd'"]
        {{json .State}}
        = {"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":7,"ExitCode":0,"Error":"","StartedAt":"2024-01-02T03:04:06Z","FinishedAt":"0001-01-01T00:00:00Z"}
        {{json .Name}}
        = "/web"
        {{json .Mounts}}
        = [{"Type":"bind","Source":"/a","Destination":"/b","Mode":"","RW":true,"Propagation":"rprivate"},{"Type":"volume","Name":"v","Source":"/c","Destination":"/d","Driver":"local","Mode":"z","RW":false,"Propagation":""}]
        {{index .Config.Env 0}}
        = PATH=/bin
        {{index .Config.Env 5}}
        ! template: :1:2: executing "" at <index .Config.Env 5>: error calling index: index out of range: 5
        {{index .Config.Env -1}}
        ! template: :1:2: executing "" at <index .Config.Env -1>: error calling index: index out of range: -1
        {{index .Config.Env "a"}}
        ! template: :1:2: executing "" at <index .Config.Env "a">: error calling index: cannot index slice/array with type string
        {{index .Config.Labels 1}}
        ! template: :1:2: executing "" at <index .Config.Labels 1>: error calling index: value has type int; should be string
        {{index .Name 0}}
        = 47
        {{index .Config.Entrypoint 0}}
        ! template: :1:2: executing "" at <index .Config.Entrypoint 0>: error calling index: index of untyped nil
        {{index .HostConfig.PidsLimit 0}}
        ! template: :1:2: executing "" at <index .HostConfig.PidsLimit 0>: error calling index: index of untyped nil
        {{index .State "Pid"}}
        = 7
        {{index .NetworkSettings.Ports "80/tcp"}}
        = [map[HostIp:0.0.0.0 HostPort:8080]]
        {{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}
        = 8080
        {{index .NetworkSettings.Ports "80/tcp" 0 "HostPort"}}
        = 8080
        {{(index .NetworkSettings.Ports "81/tcp")}}
        = <no value>
        {{(index .NetworkSettings.Ports "99/tcp")}}
        = <no value>
        {{(index (index .NetworkSettings.Ports "99/tcp") 0).HostPort}}
        ! template: :1:3: executing "" at <index (index .NetworkSettings.Ports "99/tcp") 0>: error calling index: index of untyped nil
        {{index .Config.Env}}
        = [PATH=/bin A=<b> & "c" 'd']
        {{index}}
        ! template: :1:2: executing "" at <index>: wrong number of args for index: want at least 1 got 0
        {{range .Config.Env}}{{.}};{{end}}
        = PATH=/bin;A=<b> & "c" 'd';
        {{range $i, $e := .Config.Env}}{{$i}}={{$e}};{{end}}
        = 0=PATH=/bin;1=A=<b> & "c" 'd';
        {{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}
        = Empty=;a=1;b.c=2;z=last;
        {{range .Config.Entrypoint}}x{{else}}none{{end}}
        = none
        {{range .Config.Volumes}}x{{else}}none{{end}}
        = none
        {{range .HostConfig.PidsLimit}}x{{else}}none{{end}}
        = none
        {{range 3}}{{.}}{{end}}
        = 012
        {{range $i := 3}}{{$i}}{{end}}
        = 012
        {{range .Name}}{{.}}{{end}}
        ! template: :1:8: executing "" at <.Name>: range can't iterate over /web
        {{range .State.Pid}}{{.}}{{end}}
        = 0123456
        {{range .Mounts}}{{.Source}}{{if not .RW}}:ro{{end}} {{end}}
        = /a /c:ro 
        {{range .Mounts}}{{.Nope}}{{end}}
        ! template: :1:19: executing "" at <.Nope>: map has no entry for key "Nope"
        {{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}{{end}}{{end}}
        = v
        {{range .Mounts}}[{{.Name}}]{{end}}
        = [][v]
        {{range $p, $c := .NetworkSettings.Ports}}{{$p}}->{{(index $c 0).HostPort}} {{end}}
        ! template: :1:53: executing "" at <index $c 0>: error calling index: index of untyped nil
        {{range $p, $c := .NetworkSettings.Ports}}{{if $c}}{{$p}}->{{(index $c 0).HostPort}}{{end}} {{end}}
        = 80/tcp->8080  
        {{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{$v.IPAddress}}{{end}}
        = bridge 172.17.0.2
        {{.NetworkSettings.Networks.bridge.IPAddress}}
        = 172.17.0.2
        {{.NetworkSettings.Networks.none.IPAddress}}
        = <no value>
        {{.NetworkSettings.Networks.bridge.IPAMConfig}}
        = <nil>
        {{.NetworkSettings.Networks.bridge.Aliases}}
        = []
        {{.NetworkSettings.Networks.bridge.DriverOpts}}
        = map[]
        {{range .Config.Env}}{{break}}{{end}}x
        = x
        {{range .Config.Env}}{{if eq . "PATH=/bin"}}{{continue}}{{end}}{{.}}{{end}}
        = A=<b> & "c" 'd'
        {{break}}
        ! template: :1: {{break}} outside {{range}}
        {{with .State}}{{.Pid}}{{end}}
        = 7
        {{with .State.Health}}{{.Status}}{{else}}none{{end}}
        = none
        {{with .Config.Domainname}}x{{else with .Name}}{{.}}{{else}}y{{end}}
        = /web
        {{with $x := .Name}}{{$x}}{{.}}{{end}}
        = /web/web
        {{with .Config}}{{$.Id}}{{.Image}}{{end}}
        = abc123box
        {{if $x := .Name}}{{$x}}{{end}}
        = /web
        {{if and .State.Running (gt .State.Pid 5)}}yes{{end}}
        = yes
        {{if or .Config.Tty .State.Running}}yes{{else}}no{{end}}
        = yes
        {{and .Name .Id}}|{{and .Config.Tty .Id}}|{{or .Config.Domainname .Id}}|{{or .Config.Tty .Config.Domainname}}|
        = abc123|false|abc123||
        {{and false (index .Config.Env 9)}}|{{or true (index .Config.Env 9)}}
        = false|true
        {{and}}
        ! template: :1:2: executing "" at <and>: wrong number of args for and: want at least 1 got 0
        {{or}}
        ! template: :1:2: executing "" at <or>: wrong number of args for or: want at least 1 got 0
        {{not .Config.Tty}}{{not .Name}}
        = truefalse
        {{not}}
        ! template: :1:2: executing "" at <not>: wrong number of args for not: want 1 got 0
        {{eq .State.Pid 7}}{{eq .State.Pid 1 7}}{{eq .Name "/web" "x"}}{{ne .Name "x"}}
        = truetruetruetrue
        {{eq .State.Pid "7"}}
        = true
        {{eq .State.Running true}}{{eq .State.Running "true"}}
        ! template: :1:28: executing "" at <eq .State.Running "true">: error calling eq: incompatible types for comparison
        {{eq .Name}}
        ! template: :1:2: executing "" at <eq .Name>: error calling eq: missing argument for comparison
        {{eq}}
        ! template: :1:2: executing "" at <eq>: wrong number of args for eq: want at least 1 got 0
        {{eq .Config.Env .Config.Env}}
        ! template: :1:2: executing "" at <eq .Config.Env .Config.Env>: error calling eq: non-comparable type [PATH=/bin A=<b> & "c" 'd']: []interface {}
        {{eq .HostConfig.PidsLimit nil}}
        = true
        {{eq .Config.Labels nil}}
        = false
        {{eq 1.0 1}}
        ! template: :1:2: executing "" at <eq 1.0 1>: error calling eq: incompatible types for comparison
        {{eq 1.5 1.5}}{{lt 1.0 2.5}}
        = truetrue
        {{lt .State.Pid 10}}{{le 7 7}}{{gt 1 2}}{{ge 2 1}}{{lt "a" "b"}}
        = truetruefalsetruetrue
        {{lt .State.Running true}}
        ! template: :1:2: executing "" at <lt .State.Running true>: error calling lt: invalid type for comparison
        {{lt .Name 1}}
        ! template: :1:2: executing "" at <lt .Name 1>: error calling lt: incompatible types for comparison
        {{lt 1}}
        ! template: :1:2: executing "" at <lt>: wrong number of args for lt: want 2 got 1
        {{ne 1 2 3}}
        ! template: :1:2: executing "" at <ne>: wrong number of args for ne: want 2 got 3
        {{len .Name}}{{len .Config.Env}}{{len .Config.Labels}}
        = 424
        {{.Name | len}}
        = 4
        {{.Name | printf "%s-%s" .Id}}
        = abc123-/web
        {{printf "%d" .State.Pid}}|{{printf "%5d|%-5d|%05d|%x|%X|%o|%b|%c|%q|%U|%+d" 42 42 42 42 42 42 42 65 65 65 42}}
        = 7|   42|42   |00042|2a|2A|52|101010|A|'A'|U+0041|+42
        {{printf "%s|%10s|%-10s|%.2s|%q|%x|%v|%T" "abc" "abc" "abc" "abc" "a\"c" "abc" "abc" "abc"}}
        = abc|       abc|abc       |ab|"a\"c"|616263|abc|string
        {{printf "%v|%t|%v" true false .State.Running}}
        = true|false|true
        {{printf "%f|%.2f|%8.3f|%e|%g" 1.5 1.239 2.5 1500.0 0.1}}
        = 1.500000|1.24|   2.500|1.500000e+03|0.1
        {{printf "%d" "x"}}|{{printf "%s" 5}}|{{printf "%d"}}|{{printf "%d" 1 2}}|{{printf "%!"}}|{{printf "%z" 1}}
        = %!d(string=x)|%!s(int=5)|%!d(MISSING)|1%!(EXTRA int=2)|%!!(MISSING)|%!z(int=1)
        {{printf "%v %v" .Config.Env .Config.Labels}}
        = [PATH=/bin A=<b> & "c" 'd'] map[Empty: a:1 b.c:2 z:last]
        {{printf "%q" .Config.Env}}
        = ["PATH=/bin" "A=<b> & \"c\" 'd'"]
        {{printf "%s" .Config.Env}}
        = [PATH=/bin A=<b> & "c" 'd']
        {{printf "%d%%" 5}}
        = 5%
        {{printf "%*d" 5 42}}
        =    42
        {{printf "%[2]d %[1]d" 1 2}}
        = 2 1
        {{printf "%t" "x"}}|{{printf "%v" nil}}
        = %!t(string=x)|<nil>
        {{printf 5}}
        ! template: :1:9: executing "" at <5>: expected string; found 5
        {{printf}}
        ! template: :1:2: executing "" at <printf>: wrong number of args for printf: want at least 1 got 0
        {{print 1 2 "a" "b" 3}}|{{print "a" "b"}}|{{print 1 2}}|{{print .Name .Id}}|{{print true false}}
        = 1 2ab3|ab|1 2|/webabc123|true false
        {{println 1 "a" .Name}}x
        = 1 a /web⏎x
        {{println}}x
        = ⏎x
        {{html "<a href='x'>&\"</a>"}}|{{html .Name 1}}
        = &lt;a href=&#39;x&#39;&gt;&amp;&#34;&lt;/a&gt;|/web1
        {{js "it's <\"x\"> & \\ \n=é"}}
        = it\'s \u003C\"x\"\u003E \u0026 \\ \u000A\u003Dé
        {{urlquery "a b&c=d/é+~*"}}|{{urlquery 1 "x"}}
        = a+b%26c%3Dd%2F%C3%A9%2B~%2A|1x
        {{(index .Config.Env 1) | html}}
        = A=&lt;b&gt; &amp; &#34;c&#34; &#39;d&#39;
        {{slice .Name 1}}|{{slice .Name 1 3}}|{{slice .Config.Env 1}}|{{slice .Config.Env 0 1}}|{{slice .Name}}
        = web|we|[A=<b> & "c" 'd']|[PATH=/bin]|/web
        {{slice .Name 9}}
        ! template: :1:2: executing "" at <slice .Name 9>: error calling slice: index out of range: 9
        {{slice .Name 3 1}}
        ! template: :1:2: executing "" at <slice .Name 3 1>: error calling slice: invalid slice index: 3 > 1
        {{slice .Config.Env 0 1 2}}
        = [PATH=/bin]
        {{slice .State 0}}
        ! template: :1:2: executing "" at <slice .State 0>: error calling slice: can't slice item of type map[string]interface {}
        {{slice .Name 0 1 2}}
        ! template: :1:2: executing "" at <slice .Name 0 1 2>: error calling slice: cannot 3-index slice a string
        {{call .Name}}
        ! template: :1:2: executing "" at <call .Name>: error calling call: non-function .Name of type string
        {{join .Config.Env ","}}|{{join .Config.Cmd " "}}|{{join .Config.Entrypoint " "}}
        = PATH=/bin,A=<b> & "c" 'd'|sh|
        {{join "a" ","}}
        ! template: :1:7: executing "" at <"a">: can't handle "a" for arg of type []string
        {{.Name | join ","}}
        ! template: :1:15: executing "" at <",">: can't handle "," for arg of type []string
        {{split .Name "e"}}|{{split "a,b,c" ","}}|{{split "abc" ""}}|{{index (split "a:b" ":") 1}}
        = [/w b]|[a b c]|[a b c]|b
        {{upper .Name}}{{lower "ABC"}}{{title "hello world"}}{{title "ab-cd e_f"}}
        = /WEBabcHello WorldAb-Cd E_f
        {{upper 5}}
        ! template: :1:8: executing "" at <5>: expected string; found 5
        {{pad .Name 2 3}}|{{pad "" 2 3}}|
        =   /web   ||
        {{truncate .Name 2}}|{{truncate .Name 99}}|{{truncate "äöü" 2}}
        = /w|/web|ä
        {{truncate .Name -1}}
        ! template: :1:2: executing "" at <truncate .Name -1>: error calling truncate: runtime error: slice bounds out of range [:-1]
        {{table .Name}}
        ! template: :1: function "table" not defined
        {{add 1 2}}
        ! template: :1: function "add" not defined
        {{nope .Name}}
        ! template: :1: function "nope" not defined
        {{.Name.X}}
        ! template: :1:7: executing "" at <.Name.X>: can't evaluate field X in type interface {}
        {{.State.Pid.X}}
        ! template: :1:8: executing "" at <.State.Pid.X>: can't evaluate field X in type interface {}
        {{.Name .Id}}
        ! template: :1:2: executing "" at <.Name>: Name is not a method but has arguments
        {{.Name 1}}
        ! template: :1:2: executing "" at <.Name>: Name is not a method but has arguments
        {{1 2}}
        ! template: :1:2: executing "" at <1>: can't give argument to non-function 1
        {{"a" "b"}}
        ! template: :1:2: executing "" at <"a">: can't give argument to non-function "a"
        {{$x := .Name}}{{$x}}{{$x = .Id}}{{$x}}
        = /webabc123
        {{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}
        = 2
        {{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}
        = 1
        {{$x}}
        ! template: :1: undefined variable "$x"
        {{$x = 1}}
        ! template: :1:7: executing "" at <1>: undefined variable: $x
        {{$x.y}}
        ! template: :1: undefined variable "$x"
        {{with 5}}{{$.Name}}{{.}}{{end}}
        = /web5
        {{define "T"}}[{{.}}]{{end}}{{template "T" .Name}}{{template "T"}}
        = [/web][<no value>]
        {{define "T"}}{{$}}{{end}}{{template "T" .Id}}
        = abc123
        {{template "Nope"}}
        ! template: :1:11: executing "" at <{{template "Nope"}}>: template "Nope" not defined
        {{template "T" .Name}}
        ! template: :1:11: executing "" at <{{template "T" .Name}}>: template "T" not defined
        {{block "B" .Name}}<{{.}}>{{end}}
        = </web>
        {{define "A"}}{{template "B" .}}{{end}}{{define "B"}}b{{.}}{{end}}{{template "A" 3}}
        = b3
        {{define "R"}}{{template "R" .}}{{end}}ok
        = ok
        {{define "T"}}x
        ! template: :1: unexpected EOF
        {{define T}}x{{end}}
        ! template: :1: unexpected "T" in define clause
        {{if true}}{{define "T"}}x{{end}}{{end}}
        ! template: :1: unexpected <define> in command
        a {{- .Id -}} b
        = aabc123b
        a {{- /* c */ -}} b
        = ab
        a {{/* c */}} b
        = a  b
        {{- 3 -}}
        = 3
        {{-3}}
        = -3
        {{ - 3}}
        ! template: :1: illegal number syntax: "-"
        {{/* a */ }}
        ! template: :1: comment ends before closing delimiter
        {{ /* a */}}
        ! template: :1: unexpected "/" in command
        {{3}}|{{-3}}|{{+3}}|{{0x1F}}|{{0b11}}|{{0o17}}|{{017}}|{{1_000}}|{{'a'}}|{{'\n'}}|{{1e3}}|{{1.5}}|{{1e100}}|{{.5}}
        = 3|-3|3|31|3|15|15|1000|97|10|1000|1.5|1e+100|0.5
        {{99999999999999999999}}
        ! template: :1: integer overflow: "99999999999999999999"
        {{"a\tb\x41\u00e9\\\""}}|{{`a\tb`}}
        = a	bAé\"|a\tb
        {{"abc}}
        ! template: :1: unterminated quoted string
        {{'ab'}}
        ! template: :1: malformed character constant: 'ab'
        {{`abc}}
        ! template: :1: unterminated raw quoted string
        {{true}}{{false}}
        = truefalse
        {{nil}}
        ! template: :1:2: executing "" at <nil>: nil is not a command
        {{print nil}}
        = <nil>
        {{.}}{{end}}
        ! template: :1: unexpected {{end}}
        {{
        ! template: :1: unclosed action
        {{.Name
        ! template: :1: unclosed action
        {{}}
        ! template: :1: missing value for command
        {{if}}x{{end}}
        ! template: :1: missing value for if
        {{if .Name}}
        ! template: :1: unexpected EOF
        {{else}}
        ! template: :1: unexpected {{else}}
        {{if .Name}}a{{else}}b{{else}}c{{end}}
        ! template: :1: expected end; found {{else}}
        {{end}}
        ! template: :1: unexpected {{end}}
        {{range}}{{end}}
        ! template: :1: missing value for range
        {{(.Name}}
        ! template: :1: unclosed left paren
        {{.Name)}}
        ! template: :1: unexpected right paren
        {{.Name | }}
        = /web
        {{| .Name}}
        ! template: :1: unexpected "|" in command
        {{.Name || .Id}}
        ! template: :1: unexpected "|" in command
        {{.Name | "x"}}
        ! template: :1: non executable command in pipeline stage 2
        {{.Name | 3}}
        ! template: :1: non executable command in pipeline stage 2
        {{.Name. }}
        ! template: :1: unexpected <.> in operand
        {{. Name}}
        ! template: :1: function "Name" not defined
        {{..Name}}
        ! template: :1: unexpected . after term "."
        {{.Name.}}
        ! template: :1: unexpected <.> in operand
        {{.Config .Name}}
        ! template: :1:2: executing "" at <.Config>: Config is not a method but has arguments
        {{(.Config).Image}}|{{(index .Mounts 0).Source}}|{{((.State)).Pid}}
        = box|/a|7
        {{(.Config.Env)}}
        = [PATH=/bin A=<b> & "c" 'd']
        {{(print "a") | upper | lower}}
        = a
        {{"x" | print "y" | print "z"}}
        = zyx
        {{.HostConfig.RestartPolicy}}
        = {no 0}
        {{.HostConfig.RestartPolicy.Name}}
        = no
        {{.HostConfig.LogConfig.Config}}
        = map[]
        {{.HostConfig.Memory}}|{{.HostConfig.NanoCpus}}
        = 1048576|1500000000
        {{.Created}}
        = 2024-01-02T03:04:05.678Z
        {{.State.StartedAt}}
        = 2024-01-02T03:04:06Z
        {{:}}
        ! template: :1: expected :=
        {{.Name}
        ! template: :1: bad character U+007D '}'
        {{ .Name }} }}
        = /web }}
        {{.Name;}}
        ! template: :1: bad character U+003B ';'
        {{#if}}
        ! template: :1: unexpected "#" in command
        {{.Name ! }}
        ! template: :1: unexpected "!" in operand
        {{a.b}}
        ! template: :1: function "a" not defined
        {{.Config.Labels.b.c}}
        = <no value>
        {{.HostConfig.CapAdd}} {{len .HostConfig.CapAdd}} {{.HostConfig.CapDrop}}
        = [NET_ADMIN SYS_TIME] 2 []
        {{eq (len .Mounts) 2}}
        = true
        {{with index .Config.Env 0}}{{.}}{{end}}
        = PATH=/bin
        {{range $i, $m := .Mounts}}{{if $i}},{{end}}{{$m.Destination}}{{end}}
        = /b,/d
        {{.id}}
        ! template: :1:2: executing "" at <.id>: map has no entry for key "id"
        {{.ID}}
        = abc123
        {{.config.image}}
        ! template: :1:9: executing "" at <.config.image>: map has no entry for key "config"
        {{.state.pid}}
        ! template: :1:8: executing "" at <.state.pid>: map has no entry for key "state"
        plain
        = plain
        {{.Name}}{{"\n"}}{{.Id}}
        = /web⏎abc123
        {{break }}
        ! template: :1: {{break}} outside {{range}}
        {{range .Config.Env}}{{else}}{{break}}{{end}}
        ! template: :1: {{break}} outside {{range}}
        {{not 1 2}}
        ! template: :1:2: executing "" at <not>: wrong number of args for not: want 1 got 2
        {{len}}
        ! template: :1:2: executing "" at <len>: wrong number of args for len: want 1 got 0
        {{json}}
        ! template: :1:2: executing "" at <json>: wrong number of args for json: want 1 got 0
        {{upper}}
        ! template: :1:2: executing "" at <upper>: wrong number of args for upper: want 1 got 0
        {{split "a"}}
        ! template: :1:2: executing "" at <split>: wrong number of args for split: want 2 got 1
        {{html}}|{{print}}|{{urlquery}}
        = ||
        {{if (eq .Name "/web") and .Id}}x{{end}}
        ! template: :1:5: executing "" at <(eq .Name "/web") and .Id>: can't give argument to non-function eq .Name "/web"
        {{if not (eq .Name "x")}}x{{end}}
        = x
        {{if eq .Name "x"}}1{{else if eq .Id "abc123"}}2{{else}}3{{end}}
        = 2
        {{else if}}
        ! template: :1: unexpected {{else}}
        {{if true}}a{{else foo}}b{{end}}
        ! template: :1: unexpected "foo" in else
        {{end foo}}
        ! template: :1: unexpected "foo" in end
        {{if true}}x{{end foo}}
        ! template: :1: unexpected "foo" in end
        {{$x, $y := .Name}}
        ! template: :1: too many declarations in command
        {{range $x, $y, $z := .Config.Env}}{{end}}
        ! template: :1: too many declarations in range
        {{range $x = .Config.Env}}{{end}}
        ! template: :1:20: executing "" at <.Config.Env>: undefined variable: $x
        {{$x := 1}}{{range $x = .Config.Env}}{{end}}{{$x}}
        = A=<b> & "c" 'd'
        {{.Config.Env | json}}
        = ["PATH=/bin","A=<b> & \"c\" 'd'"]
        {{.Config.Labels | json | len}}
        = 41
        {{eq .Config.Cmd "sh"}}
        ! template: :1:2: executing "" at <eq .Config.Cmd "sh">: error calling eq: incompatible types for comparison
        {{.Args}} {{index .Args 1}}
        = [-c echo hi] echo hi
        {{ne .State.ExitCode 0}}
        = false
        {{printf "%s" .Config.Labels}}|{{printf "%d" .Config.Env}}|{{printf "%v" .Config.Entrypoint}}|{{printf "%s" nil}}
        = map[Empty: a:1 b.c:2 z:last]|[%!d(string=PATH=/bin) %!d(string=A=<b> & "c" 'd')]|[]|%!s(<nil>)
        {{printf "%6.2f|%-8s|%08.3f" 3.14159 "ab" 3.14159}}
        =   3.14|ab      |0003.142
        {{printf "%x" "hello"}} {{printf "%X" 255}} {{printf "%#x" 255}}
        = 68656c6c6f FF 0xff
        """####
}
