import Configuration
import Confinement
import Foundation

/// Something wrong with one setting.
struct SettingsProblem: Error, Equatable, CustomStringConvertible {
    /// The key, variable or path that is wrong.
    var name: String
    /// What is wrong with it.
    var text: String
    /// Whether a file that must be secret is not, which has an exit code of its own.
    var isRefusal = false

    /// One line for the operator.
    var description: String { "\(name): \(text)" }
}

/// The settings as they were given: the file's values below the environment's.
struct SettingsFile {
    /// The largest configuration file, in bytes.
    static let bytesMax = 65_536

    let reader: ConfigReader
    /// Unknown keys and variables, and what else reading showed to be wrong.
    let problems: [SettingsProblem]
    private let given: [SettingKey: String]

    /// - Parameters:
    ///   - json: the file's bytes.
    ///   - environment: all of the process's variables.
    /// - Throws: when the file is no JSON object.
    init(json: [UInt8], environment: [String: String]) throws(SettingsProblem) {
        var flattening = Flattening()
        flattening.add(try Self.members(json), below: "")
        var problems = flattening.problems
        var given = Dictionary(uniqueKeysWithValues: flattening.given.map { ($0, "") })
        let names = Dictionary(
            uniqueKeysWithValues: SettingKey.allCases.map { ($0.environmentName, $0) })
        var variables: [String: String] = [:]
        for (name, value) in environment where name.hasPrefix(SettingKey.environmentPrefix) {
            guard let key = names[name] else {
                problems.append(SettingsProblem(name: name, text: "there is no such setting"))
                continue
            }
            variables[String(name.dropFirst(SettingKey.environmentPrefix.count))] = value
            given[key] = name
        }
        reader = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: variables),
            InMemoryProvider(
                name: "file",
                values: Dictionary(
                    uniqueKeysWithValues: flattening.values.map { key, content in
                        (
                            AbsoluteConfigKey(ConfigKey(key.rawValue)),
                            ConfigValue(content, isSecret: false)
                        )
                    })),
        ])
        self.given = given
        self.problems = problems.sorted { $0.name < $1.name }
    }

    /// Whether file or environment has the setting.
    func has(_ key: SettingKey) -> Bool { given[key] != nil }

    /// The name by which the operator gave the setting: the variable's if that decides, else the
    /// key.
    func name(of key: SettingKey) -> String {
        let variable = given[key] ?? ""
        return variable.isEmpty ? key.rawValue : variable
    }

    private static func members(_ json: [UInt8]) throws(SettingsProblem) -> [String: SettingsJSON] {
        do {
            return try JSONDecoder().decode([String: SettingsJSON].self, from: Data(json))
        } catch {
            throw SettingsProblem(name: "configuration", text: "the file is not a JSON object")
        }
    }
}

/// Turns nested objects into the dotted keys that exist, and names the rest.
private struct Flattening {
    var values: [SettingKey: ConfigContent] = [:]
    /// Every setting in the file, those included whose value no setting can have: reading them
    /// says what they must be.
    var given: Set<SettingKey> = []
    var problems: [SettingsProblem] = []

    mutating func add(_ members: [String: SettingsJSON], below prefix: String) {
        for (name, value) in members {
            let path = prefix + name
            if let key = SettingKey(rawValue: path) {
                given.insert(key)
                values[key] = value.content
            } else if case .object(let inner) = value,
                SettingKey.allCases.contains(where: { $0.rawValue.hasPrefix(path + ".") })
            {
                add(inner, below: path + ".")
            } else {
                problems.append(SettingsProblem(name: path, text: "there is no such setting"))
            }
        }
    }
}

/// A JSON value, each of exactly the type it was written as.
enum SettingsJSON: Decodable {
    case bool(Bool)
    case integer(Int)
    case text(String)
    case list([String])
    case object([String: SettingsJSON])
    /// What no setting can be: null, a fraction, a list of anything but strings.
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([String].self) {
            self = .list(value)
        } else if let value = try? container.decode([String: SettingsJSON].self) {
            self = .object(value)
        } else {
            self = .other
        }
    }

    var content: ConfigContent? {
        switch self {
        case .bool(let value): .bool(value)
        case .integer(let value): .int(value)
        case .text(let value): .string(value)
        case .list(let value): .stringArray(value)
        case .object, .other: nil
        }
    }
}
