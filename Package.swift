// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target.
///
/// Each name is guarded by `FeatureGuard.swift` in the target's folder, because a misspelt feature is
/// silently ignored by the compiler.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]

/// Only for the modules that wrap C: lifetimes of borrowed memory.
let wrapping: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "resguardo",
    products: [
        .executable(name: "resguardod", targets: ["resguardod"]),
        .executable(name: "resguardo", targets: ["resguardo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.1"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CBrotli", pkgConfig: "libbrotlienc", providers: [.apt(["libbrotli-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CConfinement"),

        .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: wrapping),
        .target(name: "Notes", dependencies: ["Sodium"], swiftSettings: strict),
        .target(
            name: "Envelope", dependencies: ["Sodium", crypto, cryptoExtras],
            swiftSettings: strict),
        .target(
            name: "Roster", dependencies: ["Notes", "Envelope", "Vocabulary"], swiftSettings: strict
        ),
        .target(
            name: "Vocabulary", resources: [.copy("Data")], swiftSettings: strict),
        .target(
            name: "Ledger",
            dependencies: [
                "Notes", "Sodium", crypto, .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "TLS",
            dependencies: ["COpenSSL", hummingbirdCore, logging] + nio,
            swiftSettings: wrapping),
        .target(name: "Confinement", dependencies: ["CConfinement"], swiftSettings: wrapping),
        .target(name: "Compression", dependencies: ["CBrotli", "CZlib"], swiftSettings: wrapping),
        .target(
            name: "Vault",
            dependencies: [
                "Sodium", "Notes", "Envelope", "Roster", "Ledger", crypto, logging,
            ] + nio,
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "Sodium", "Notes", "Envelope", "Roster", "Vocabulary", "TLS", "Compression",
                "Vault",
                crypto, logging, hummingbirdCore,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio,
            resources: [.copy("Web"), .copy("API")],
            swiftSettings: strict),
        .target(
            name: "Office",
            dependencies: [
                "Sodium", "Notes", "Envelope", "Roster", "Ledger", "Vocabulary", "Confinement",
                crypto,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ] + nio,
            swiftSettings: strict),
        .target(name: "Desk", dependencies: ["Office"], swiftSettings: strict),
        .target(name: "Unit", dependencies: ["Office"], swiftSettings: strict),
        .executableTarget(
            name: "resguardod",
            dependencies: [
                "Confinement", "Gateway", "Vault", logging,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio,
            swiftSettings: strict),
        .executableTarget(
            name: "resguardo",
            dependencies: [
                "Desk", "Unit", "Office", "Confinement", "Gateway",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        .systemLibrary(
            name: "CBrotliDecoder", path: "Tests/CBrotliDecoder", pkgConfig: "libbrotlidec",
            providers: [.apt(["libbrotli-dev"])]),
        .target(
            name: "TestSupport", dependencies: ["Envelope", "Ledger"], path: "Tests/Support",
            swiftSettings: strict),
        .testTarget(
            name: "SodiumTests", dependencies: ["Sodium", "CSodium", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CompressionTests", dependencies: ["Compression", "CBrotliDecoder", "CZlib"],
            swiftSettings: strict),
        .testTarget(
            name: "NotesTests", dependencies: ["Notes", "Sodium", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "EnvelopeTests",
            dependencies: ["Envelope", "Sodium", "TestSupport", "Vocabulary", crypto],
            swiftSettings: strict),
        .testTarget(
            name: "RosterTests",
            dependencies: ["Roster", "Envelope", "Notes", "Sodium", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "LedgerTests",
            dependencies: [
                "Ledger", "Notes", "Sodium", "TestSupport", crypto,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "TLSTests",
            dependencies: [
                "TLS", "COpenSSL", hummingbirdCore, logging,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: wrapping),
        .executableTarget(
            name: "ConfinementProbe", dependencies: ["Confinement"],
            path: "Tests/ConfinementProbe", swiftSettings: strict),
        .executableTarget(
            name: "VaultMeasure",
            dependencies: ["Envelope", "Ledger", "Notes", "Sodium", "TestSupport"],
            path: "Tests/VaultMeasure", swiftSettings: strict),
        .testTarget(
            name: "ConfinementTests",
            dependencies: ["Confinement", "CConfinement", "ConfinementProbe"],
            swiftSettings: strict),
        .testTarget(name: "VocabularyTests", dependencies: ["Vocabulary"], swiftSettings: strict),
        .testTarget(
            name: "VaultTests",
            dependencies: [
                "Vault", "Envelope", "Ledger", "Notes", "Roster", "Sodium", crypto,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "Compression", "Envelope", "Vault", logging,
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ] + nio,
            swiftSettings: strict),
        .testTarget(
            name: "PagesTests", dependencies: ["Gateway", "Vocabulary", crypto],
            swiftSettings: strict),
        .testTarget(
            name: "OfficeTests",
            dependencies: [
                "Office", "Desk", "Unit", "Envelope", "Ledger", "Notes", "Roster", "Sodium",
                "Confinement", "Vocabulary", "TestSupport", crypto,
            ],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
