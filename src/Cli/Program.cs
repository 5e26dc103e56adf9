// Threads that cells have started must not keep the process alive.
Environment.Exit(await Lab.Cli.LabCommand.RunAsync(args, Console.Out, Console.Error));
