internal import Office

extension UnpackedFile {
    /// An attachment in one line.
    var line: String {
        let what = "\(file)  \(size) bytes, called \(originalName)"
        if let copyOf { return "\(what), a copy of \(copyOf) without place and device data" }
        return isClosed ? "\(what), left closed: its copy is here (see: originals --help)" : what
    }
}

extension Output {
    /// What came of opening originals, with the number under which the act is counted.
    static func say(_ opening: OriginalsOpening) {
        guard let act = opening.act else { return say("\(opening.folder) is there already.") }
        say("originals opened, number \(act.number) of this office's journal: \(opening.folder)")
        for file in act.files {
            say("\(file.file)  \(file.size) bytes, called \(file.originalName)")
        }
    }
}
