// Measures parts of the vault by themselves, and prints one JSON object.
//
//   VaultMeasure append FOLDER ENTRIES: what an entry costs with 10^3 and with so many before it
//   VaultMeasure open FOLDER: the seconds it takes to open what that wrote
//   VaultMeasure seal X25519-LINE XWING-LINE: how many tips are sealed in a CPU second

import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count, arguments.last.flatMap { Int($0) }) {
case ("append", 3, let entries?):
    try LedgerMeasure(folder: URL(filePath: arguments[1])).append(entries: entries)
case ("open", 2, _):
    try LedgerMeasure(folder: URL(filePath: arguments[1])).open()
case ("seal", 3, _):
    try SealMeasure.run(x25519: arguments[1], xwing: arguments[2])
default:
    FileHandle.standardError.write(
        Data("usage: VaultMeasure append FOLDER ENTRIES | open FOLDER | seal LINE LINE\n".utf8))
    exit(64)
}
