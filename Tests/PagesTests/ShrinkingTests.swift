import Testing

@testable import Gateway

/// The script is served with fewer spaces and shorter names; its meaning must not change by that.
@Suite struct ShrinkingTests {
    private func shrunk(_ text: String) throws -> String { try Shrinking.script([text]) }

    @Test func dropsCommentsAndSpaces() throws {
        #expect(try shrunk("// why\n  let a = 1;\n  // more\n  return a;\n") == "let a=1;return a;")
    }

    @Test func keepsStringsAndPatterns() throws {
        let text = #"f('a  b // c', "d  e", /x  [/] y/g, '\'  ');"#
        #expect(try shrunk(text) == #"f('a  b // c',"d  e",/x  [/] y/g,'\'  ');"#)
    }

    @Test func dividesWhereAPatternCannotBegin() throws {
        #expect(try shrunk("let a = (b + 1) / 2 / c;") == "let a=(b+1)/2/c;")
    }

    @Test func keepsSignsApartThatWouldBecomeOne() throws {
        #expect(try shrunk("a + +b; a - -b; a++; --b;") == "a+ +b;a- -b;a++;--b;")
    }

    @Test func shortensOnlyDeclaredNamesThatAreNoProperties() throws {
        let text = "const number = 1; const length = 2; f(number, x.length, other, number);"
        #expect(try shrunk(text) == "const A=1;const length=2;f(A,x.length,other,A);")
    }

    @Test func leavesKeysOfObjectsAlone() throws {
        let text = "const size = 1; const total = 2; f({size, total: 3}); const {kind} = g(total);"
        #expect(
            try shrunk(text) == "const size=1;const total=2;f({size,total:3});const{kind}=g(total);"
        )
    }

    @Test func shortensParametersOfArrows() throws {
        let text = "f((first, second, ...rest) => first + second * g(rest), one => one.two);"
        #expect(try shrunk(text) == "f((B,A,...C)=>B+A*g(C),D=>D.two);")
    }

    @Test func leavesParametersTakenFromObjectsAlone() throws {
        #expect(try shrunk("f(({kind, size}) => kind);") == "f(({kind,size})=>kind);")
    }

    @Test func spreadsAreNoProperties() throws {
        #expect(try shrunk("const parts = []; f(...parts);") == "const A=[];f(...A);")
    }

    @Test func refusesALiteralThatIsNotClosed() {
        #expect(throws: PageError.self) { try shrunk("f('a);\n") }
    }

    @Test func shrinksStyleWithoutJoiningWords() {
        let text = "/* note */\n@media (min-width: 40rem) {\n  a b { margin: 0 auto; }\n}\n"
        #expect(Shrinking.style(text) == "@media (min-width:40rem){a b{margin:0 auto}}")
    }
}
