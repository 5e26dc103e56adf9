return await Lab.Cli.LabCommand.RunAsync(args, Console.Out, Console.Error);
