import Confinement
import Glibc

// A process of one thread for the tests of Confinement: it does what its first argument names and
// says what came of it, line by line, on descriptor 3.

let arguments = CommandLine.arguments.dropFirst()

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe write(3, bytes, bytes.count)
}

switch arguments.first {
case "harden": Scenario.harden()
case "describe": Scenario.describe()
case "twoThreads": Scenario.twoThreads()
case "confine": Scenario.confine()
case "confineAsNobody": Scenario.confineAsNobody()
case "answers": Scenario.answers()
case "work": Scenario.work()
case "do": Scenario.attempt(arguments.dropFirst().first ?? "")
default:
    say("no such scenario")
    exit(2)
}
exit(0)
