import Envelope
import HTTPTypes
import Hummingbird
import Notes
import Vault

/// What a person sees: form, safety page, receipt, mailbox; and the files that the page fetches at "Send".
struct PageRoutes {
    private let site: Site
    private let vault: VaultClient
    private let desk: FormDesk
    private let onion: OnionLocation?

    /// - Parameter onion: what pages say of the onion service; nil where they are it.
    init(site: Site, vault: VaultClient, desk: FormDesk, onion: OnionLocation?) {
        self.site = site
        self.vault = vault
        self.desk = desk
        self.onion = onion
    }

    func add(to routes: inout Routes) {
        routes.get("/", use: root)
        addFile(Site.openAPIPath, isPage: false, to: &routes)
        routes.get("/v1/keys/:hash", use: keyFile)
        for folder in ["/v1/desks", "/words"] {
            routes.get("\(folder)/:hash") { request, context in
                let address = "\(folder)/\(context.parameters.get("hash") ?? "")"
                guard let file = site.state.files[address] else { throw Problem.notFound }
                return file.response(to: request)
            }
        }
        // The catalogues do not change while the edge serves, and so the paths do not.
        for (path, page) in site.state.standing {
            addFile(path, isPage: page.kind == .html, to: &routes)
        }
        for language in site.state.pages.languages {
            routes.post("/\(language)") { request, context in
                await submit(request, language, context.hold)
            }
            routes.post("/\(language)/mailbox") { request, context in
                await MailboxDesk(site: site.state, vault: vault, desk: desk)
                    .answer(request, language, context.hold)
            }
        }
    }

    /// Answers with the file that the site in force has at the address.
    private func addFile(_ address: String, isPage: Bool = true, to routes: inout Routes) {
        routes.get(address) { request, _ in
            guard let file = site.state.files[address] else { throw Problem.notFound }
            var response = file.response(to: request)
            if isPage { response.headers[.onionLocation] = onion?.location(of: address) }
            return response
        }
    }

    @Sendable private func root(_ request: Request, _: GatewayContext) async throws -> Response {
        let language = site.state.pages.language(accepting: request.headers[.acceptLanguage])
        return Response(
            status: .seeOther, headers: [.location: "/\(language)", .vary: "Accept-Language"])
    }

    @Sendable private func keyFile(
        _: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard let wanted = context.parameters.get("hash"), let file = site.state.keyFiles[wanted]
        else { throw Problem.notFound }
        return .of(file, type: "text/plain; charset=utf-8")
    }

    /// A form without JavaScript.
    ///
    /// Whatever the answer, the connection ends with it, so that no buffer of the network layer
    /// outlives what was typed (feasibility: live buffers).
    private func submit(
        _ request: Request, _ language: String, _ hold: BodyHold
    ) async -> Response {
        let state = site.state
        var intake = FormIntake(
            site: state, vault: vault, receipts: desk.forms, recent: desk.recent,
            language: language)
        var response: Response
        do {
            switch try await intake.take(request, hold) {
            case .accepted(let receipt, let promised):
                let groups = receipt?.split(separator: UInt8(ascii: " ")).map(Array.init)
                let proof = try ProofOffer(promised, origin: state.origin)
                response = .page(
                    state.pages.receipt(language, groups: groups, proof: proof), status: .created)
            case .repeated: response = .page(state.pages.problem(language, .repeated))
            case .refused(let form, let problems):
                response = .page(
                    state.pages.refusal(language, form: form, problems: problems),
                    status: .unprocessableContent)
            }
        } catch {
            response = Self.page(for: error, intake.typed, state.pages, language)
        }
        response.headers[.connection] = "close"
        return response
    }

    /// Browsers keep no form that says "no-store": what was typed comes back with the page, unless it cannot be told apart.
    private static func page(
        for error: any Error, _ typed: SubmittedForm, _ pages: PageRenderer, _ language: String
    ) -> Response {
        let (kind, status) = PageProblem.of(error)
        guard kind != .malformed, !typed.values.isEmpty else {
            return .page(for: error, pages, language)
        }
        return .page(pages.again(language, form: typed, saying: kind), status: status)
    }
}

extension ProofOffer {
    fileprivate init(_ promised: Promised, origin: String) throws {
        let note = try Note(parsing: promised.promise)
        let promise = try note.body(PromiseNote.self, origin: origin)
        commitment = Base64.encodeURL(promise.commitment)
        entry = promised.json.encoded
    }
}

extension Response {
    /// A page with the policy that belongs to it; "not found" where there is none.
    static func page(_ page: Page?, status: HTTPResponse.Status = .ok) -> Response {
        guard let page else { return Response(status: .notFound) }
        var response = Response.of(page.bytes, type: "text/html; charset=utf-8", status: status)
        response.headers[.contentSecurityPolicy] = page.contentSecurityPolicy
        return response
    }

    /// A problem as a page, because it is a person who reads it.
    static func page(for error: any Error, _ pages: PageRenderer, _ language: String) -> Response {
        let (kind, status) = PageProblem.of(error)
        return .page(pages.problem(language, kind), status: status)
    }
}

extension PageProblem {
    /// What a page says of an error, and with which status.
    static func of(_ error: any Error) -> (PageProblem, HTTPResponse.Status) {
        switch error {
        case let problem as Problem where problem == .tooLarge: (.tooLarge, .contentTooLarge)
        case let problem as Problem where problem.isOfTheRequest: (.malformed, problem.status)
        // An upload that had to make room is no address that is missing. Sent anew it is taken, and so is what a key that
        // was revoked a moment ago has kept out.
        case let problem as Problem where problem.status == .notFound: (.busy, .serviceUnavailable)
        case let problem as Problem where problem.status.code < 500: (.busy, problem.status)
        // Not of the 5xx, at which a page sends again by itself: here a person decides whether to.
        case is DurabilityUnknown: (.unclear, .conflict)
        default: (.busy, .serviceUnavailable)
        }
    }
}

extension [UInt8] {
    /// Lower-case hexadecimal.
    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        let text = flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
