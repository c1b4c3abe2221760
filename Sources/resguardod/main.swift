import ArgumentParser

ResguardodCommand.main()
