// A misspelt upcoming feature is ignored without a word (Package.swift, `strict`), so each is asked for by name here.
#if !hasFeature(StrictMemorySafety)
#error("StrictMemorySafety is not on")
#endif
#if !hasFeature(ExistentialAny)
#error("ExistentialAny is not on")
#endif
#if !hasFeature(InternalImportsByDefault)
#error("InternalImportsByDefault is not on")
#endif
#if !hasFeature(MemberImportVisibility)
#error("MemberImportVisibility is not on")
#endif
#if !hasFeature(NonisolatedNonsendingByDefault)
#error("NonisolatedNonsendingByDefault is not on")
#endif
#if !hasFeature(InferIsolatedConformances)
#error("InferIsolatedConformances is not on")
#endif
#if !hasFeature(ImmutableWeakCaptures)
#error("ImmutableWeakCaptures is not on")
#endif
