import Testing

@testable import Gateway

/// The script is served with fewer spaces and shorter names; its meaning must not change by that.
@Suite struct ShrinkingTests {
    private func shrunk(_ text: String) throws -> String { try Shrinking.script([text]) }

    @Test func dropsCommentsAndSpaces() throws {
        #expect(try shrunk("// why\n  let a = 1;\n  // more\n  return a;\n") == "let A=1;return A;")
    }

    @Test func dropsWhatIsForThoseWhoWorkOnIt() throws {
        #expect(try shrunk("'use strict';\nf('use strict');\n") == "f('use strict');")
    }

    @Test func keepsStringsAndPatterns() throws {
        let text = #"f('a  b // c', "d  e", /x  [/] y/g, '\'  ');"#
        #expect(try shrunk(text) == #"f('a  b // c',"d  e",/x  [/] y/g,'\'  ');"#)
    }

    @Test func dividesWhereAPatternCannotBegin() throws {
        #expect(try shrunk("let a = (b + 1) / 2 / c;") == "let A=(b+1)/2/c;")
    }

    @Test func keepsSignsApartThatWouldBecomeOne() throws {
        #expect(try shrunk("a + +b; a - -b; a++; --b;") == "a+ +b;a- -b;a++;--b;")
    }

    @Test func shortensDeclaredNamesAndLeavesPropertiesAlone() throws {
        let text = "const number = 1; const length = 2; f(number, x.length, other, number);"
        #expect(try shrunk(text) == "let A=1,B=2;f(A,x.length,other,A);")
    }

    @Test func leavesKeysOfObjectsAlone() throws {
        let text = "const size = 1; const total = 2; f({size, total: 3}); const {kind} = g(total);"
        #expect(try shrunk(text) == "let size=1,A=2;f({size,total:3});let{kind}=g(A);")
    }

    @Test func shortensParametersOfArrows() throws {
        let text = "f((first, second, ...rest) => first + second * g(rest), one => one.two);"
        #expect(try shrunk(text) == "f((e,t,...a)=>e+t*g(a),o=>o.two);")
    }

    @Test func leavesParametersTakenFromObjectsAlone() throws {
        #expect(try shrunk("f(({kind, size}) => kind);") == "f(({kind,size})=>kind);")
    }

    @Test func spreadsAreNoProperties() throws {
        #expect(try shrunk("const parts = []; f(...parts);") == "let A=[];f(...A);")
    }

    @Test func everyStatementAtTheTopIsARoomOfItsOwn() throws {
        let text = """
            const first = given => { const size = given + 1; return other(size); };
            const other = size => { try { g(); } catch (error) { return [size, error]; } };
            function* third(size) { const [left, right] = first(size); yield left * right; }
            """
        #expect(
            try shrunk(text) == """
                let A=e=>{let t=e+1;return B(t)},B=e=>{try{g()}catch(t){return[e,t]}};\
                function*C(e){let[t,a]=A(e);yield t*a}
                """)
    }

    @Test func aNameOfTheTopIsTheSameWhereItIsDeclaredAgain() throws {
        let text = "const size = 1; const f = (size, other) => size + other; f(size, e);"
        #expect(try shrunk(text) == "let A=1,B=(A,e)=>A+e;B(A,e);")
    }

    @Test func aKeyThatIsItsOwnValueKeepsItsNameInItsRoomOnly() throws {
        let text = """
            const f = () => { const key = 1; return {key}; };
            const g = () => { let key = 2; h(key); };
            """
        #expect(try shrunk(text) == "let A=()=>{let key=1;return{key}},B=()=>{let e=2;h(e)};")
    }

    @Test func joinsDeclarationsOfOneBlockOnly() throws {
        let text = """
            let a = 1; if (a) { const b = 2; f(b); } const c = 3;
            for (const x of y) f(x); let d = c;
            """
        #expect(
            try shrunk(text) == "let A=1;if(A){let e=2;f(e)}let B=3;for(let e of y)f(e);let C=B;")
    }

    @Test func joinsDeclarationsThatFollowABlock() throws {
        let text = """
            if (a) { b(); } const c = 1; const d = 2;
            function f() { g(); } let h = 3; let i = 4;
            """
        #expect(try shrunk(text) == "if(a){b()}let A=1,B=2;function C(){g()}let D=3,E=4;")
    }

    @Test func refusesALiteralThatIsNotClosed() {
        #expect(throws: PageError.self) { try shrunk("f('a);\n") }
    }

    @Test func shrinksStyleWithoutJoiningWords() {
        let text = "/* note */\n@media (min-width: 40rem) {\n  a b { margin: 0 auto; }\n}\n"
        #expect(Shrinking.style(text) == "@media (min-width:40rem){a b{margin:0 auto}}")
    }

    @Test func aMethodThatIsCalledCatchDeclaresNothing() throws {
        let text = "const f = async () => { g().catch(async error => error); };"
        #expect(try shrunk(text) == "let A=async()=>{g().catch(async e=>e)};")
    }

    @Test func givesEachPropertyOfTheStyleALetter() {
        let text =
            ":root { --ink: #000; --soft: #333; }\na { color: var(--soft, var(--ink)); }\n"
        #expect(Shrinking.style(text) == ":root{--a:#000;--b:#333}a{color:var(--b,var(--a))}")
    }

    @Test func leavesOutTheEndTagsThatMayBeLeftOut() {
        let text = "<ul>\n  <li>a</li>\n</ul>\n<select>\n<option>b</option>\n</select>"
        #expect(
            Shrinking.markup(text) == "<ul>\n<li>a\n</ul>\n<select>\n<option>b\n</select>")
    }

    @Test func writesTruthAsNumbersButNotInNames() throws {
        let text = "return true; f(x.true, {false: false});"
        #expect(try shrunk(text) == "return!0;f(x.true,{false:!1});")
    }
}
