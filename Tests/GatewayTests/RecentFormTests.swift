import NIOCore
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(5))) struct RecentFormTests {
    private let recent = RecentForms()

    @Test func theSameIsSentOnce() async {
        let mark = recent.mark(of: [.text("algo"), .text("1")])
        #expect(await recent.begin(mark))
        recent.end(mark, isKept: true)
        #expect(await recent.begin(mark) == false)
        #expect(await recent.begin(recent.mark(of: [.text("algo"), .text("2")])))
        #expect(await recent.begin(recent.mark(of: [.text("algo1"), .text("")])))
    }

    @Test func whatWasNotKeptMayBeSentAgain() async {
        let mark = recent.mark(of: [.text("algo")])
        #expect(await recent.begin(mark))
        recent.end(mark, isKept: false)
        #expect(recent.count == 0)
        #expect(await recent.begin(mark))
    }

    @Test(arguments: [true, false])
    func whoComesMeanwhileWaitsForTheFirst(isKept: Bool) async {
        let mark = recent.mark(of: [.text("algo")])
        #expect(await recent.begin(mark))
        let recent = recent
        async let second = recent.begin(mark)
        for _ in 0..<100 { await Task.yield() }
        recent.end(mark, isKept: isKept)
        #expect(await second == !isKept)
    }

    @Test func aMarkIsOfOneProcess() {
        #expect(recent.mark(of: [.text("a")]) == recent.mark(of: [.text("a")]))
        #expect(recent.mark(of: [.text("a")]) != RecentForms().mark(of: [.text("a")]))
    }

    @Test func itForgetsByItself() async {
        let recent = RecentForms(lifetime: .nanoseconds(1))
        let mark = recent.mark(of: [.text("algo")])
        #expect(await recent.begin(mark))
        recent.end(mark, isKept: true)
        while recent.count > 0 { await Task.yield() }
        #expect(await recent.begin(mark))
    }

    @Test func withTooManyItTakesFormsAsTheyCome() async {
        for number in 0..<RecentForms.formsMax {
            #expect(await recent.begin(recent.mark(of: [.text("\(number)")])))
        }
        let mark = recent.mark(of: [.text("algo")])
        for _ in 0..<2 {
            #expect(await recent.begin(mark))
            recent.end(mark, isKept: true)
        }
        #expect(recent.count == RecentForms.formsMax)
    }
}

extension [UInt8] {
    fileprivate static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
