import Confinement

/// What is wrong with the settings, and the exit code that says so.
struct SettingsRefused: Error {
    var problems: [SettingsProblem]

    /// 77 if a secret lies open, else 65: bad input.
    var exitCode: Int32 { problems.contains(where: \.isRefusal) ? 77 : 65 }
}

extension Settings {
    /// Reads and checks file, environment and the files they name.
    ///
    /// - Throws: every problem found, at once.
    static func load(
        path: String, environment: [String: String]
    ) throws(SettingsRefused) -> Settings {
        let json: [UInt8]
        do throws(ConfinementError) {
            json = try Descriptor.opening(path).contents(
                bytesMax: SettingsFile.bytesMax, name: path)
        } catch {
            throw refused(SettingsProblem(name: "configuration", text: "\(error)"))
        }
        let file: SettingsFile
        do throws(SettingsProblem) {
            file = try SettingsFile(json: json, environment: environment)
        } catch { throw refused(error) }
        var reader = SettingsReader(file)
        let settings = reader.settings()
        // A path that is wrong has been named already; opening it would name it twice.
        let problems = reader.problems.isEmpty ? settings.filesThatAreWrong(file) : reader.problems
        guard problems.isEmpty else { throw SettingsRefused(problems: problems) }
        return settings
    }

    private static func refused(_ problem: SettingsProblem) -> SettingsRefused {
        SettingsRefused(problems: [problem])
    }

    private func filesThatAreWrong(_ file: SettingsFile) -> [SettingsProblem] {
        var problems: [SettingsProblem] = []
        let readable: [(SettingKey, String)] = [
            (.tlsCertificate, publicEdge.tls.certificate), (.rosterNote, vault.rosterNote),
            (.rosterStaff, vault.rosterStaff),
        ]
        let page = vault.pageNote.map { [(SettingKey.pageNote, $0)] } ?? []
        for (key, path) in readable + page {
            do throws(ConfinementError) {
                _ = try Descriptor.opening(path)
            } catch { problems.append(SettingsProblem(name: file.name(of: key), text: "\(error)")) }
        }
        for (key, path) in [(SettingKey.tlsKey, publicEdge.tls.key), (.logKey, vault.logKey)] {
            do throws(ConfinementError) {
                _ = try PrivateFile.open(path)
            } catch {
                let isOpen = error == .openPermissions(path: path)
                problems.append(
                    SettingsProblem(
                        name: file.name(of: key), text: "\(error)", isRefusal: isOpen))
            }
        }
        if !PrivateFile.isFolder(vault.stateDirectory) {
            problems.append(
                SettingsProblem(
                    name: file.name(of: .stateDirectory),
                    text: "\(vault.stateDirectory) is not a folder"))
        }
        return problems
    }
}
