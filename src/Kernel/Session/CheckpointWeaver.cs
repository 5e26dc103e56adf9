using System.Runtime.CompilerServices;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Lab.Kernel.Session;

/// <summary>
/// Adds calls of <see cref="Checkpoint"/> to a compiled cell. Done on the instructions rather than on the source, because
/// there every loop is a branch backwards and every lambda, expression-bodied member and iterator is a method, and
/// neither the types of lambdas nor the lines of the source can change.
/// </summary>
internal static class CheckpointWeaver
{
    /// <param name="image">The assembly as the compiler emitted it.</param>
    /// <param name="symbols">Its portable debug information.</param>
    /// <param name="number">Of the cell, for <see cref="Checkpoint.LastLine"/>.</param>
    /// <returns>Both with checkpoints.</returns>
    public static (MemoryStream Image, MemoryStream Symbols) Weave(Stream image, Stream symbols, int number)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(image, new ReaderParameters
        {
            ReadSymbols = true,
            SymbolStream = symbols,
            SymbolReaderProvider = new PortablePdbReaderProvider(),
        });
        var module = assembly.MainModule;
        var pass = module.ImportReference(typeof(Checkpoint).GetMethod(nameof(Checkpoint.Pass)));
        var enter = module.ImportReference(typeof(Checkpoint).GetMethod(nameof(Checkpoint.Enter)));
        var lastLine = module.ImportReference(typeof(Checkpoint).GetField(nameof(Checkpoint.LastLine)));
        foreach (var method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody && !IsMachinery(method)))
        {
            method.Body.SimplifyMacros(); // what is woven in can move branches out of the reach of their short forms
            AddLines(method, lastLine, number);
            AddCheckpoints(method, pass, enter);
            method.Body.OptimizeMacros();
        }

        var (wovenImage, wovenSymbols) = (new MemoryStream(), new MemoryStream());
        assembly.Write(wovenImage, new WriterParameters { WriteSymbols = true, SymbolStream = wovenSymbols, SymbolWriterProvider = new PortablePdbWriterProvider() });
        wovenImage.Position = wovenSymbols.Position = 0;
        return (wovenImage, wovenSymbols);
    }

    // Statements that call something, which may be what an interrupt cannot end.
    private static void AddLines(MethodDefinition method, FieldReference lastLine, int number)
    {
        SequencePoint? statement = null;
        var points = method.DebugInformation.SequencePoints.ToDictionary(point => point.Offset);
        foreach (var instruction in method.Body.Instructions.ToList())
        {
            if (points.TryGetValue(instruction.Offset, out var point)) statement = point.IsHidden ? null : point;
            if (statement is null || instruction.OpCode.FlowControl != FlowControl.Call) continue;
            var start = method.Body.Instructions.First(i => i.Offset == statement.Offset);
            Precede(method.Body, start, Instruction.Create(OpCodes.Ldc_I8, Checkpoint.Line(number, statement.StartLine)), Instruction.Create(OpCodes.Stsfld, lastLine));
            statement = null;
        }
    }

    private static void AddCheckpoints(MethodDefinition method, MethodReference pass, MethodReference enter)
    {
        var body = method.Body;
        var instructions = body.Instructions;
        var position = instructions.Select((instruction, index) => (instruction, index)).ToDictionary(p => p.instruction, p => p.index);
        foreach (var back in instructions.Where(i => IsBackward(i, position)).ToList()) Precede(body, back, Instruction.Create(OpCodes.Call, pass));

        var calls = instructions.Any(i => i.OpCode.FlowControl == FlowControl.Call);
        if (IsAsync(method)) Precede(body, body.ExceptionHandlers[^1].TryStart, Instruction.Create(OpCodes.Call, enter)); // inside the handler that ends the task
        else if (calls || !method.IsGetter && !method.IsSetter) AtStart(method, calls ? enter : pass);
    }

    // Of a state machine only the method with the code of the cell: an exception in the others would be lost, and nobody would go on.
    // Its type is known by its name, which nobody can write: the compiler marks types inside a cell's class with no attribute.
    private static bool IsMachinery(MethodDefinition method) =>
        method.Name != nameof(IAsyncStateMachine.MoveNext)
        && method.DeclaringType.Interfaces.Any(i => i.InterfaceType.FullName is "System.Runtime.CompilerServices.IAsyncStateMachine" or "System.Collections.IEnumerator")
        && method.DeclaringType.Name.StartsWith('<');

    private static bool IsBackward(Instruction branch, Dictionary<Instruction, int> position) => branch.Operand switch
    {
        Instruction target => position[target] <= position[branch],
        Instruction[] targets => targets.Any(target => position[target] <= position[branch]),
        _ => false,
    };

    private static bool IsAsync(MethodDefinition method) =>
        method.Name == nameof(IAsyncStateMachine.MoveNext) && method.DeclaringType.Interfaces.Any(i => i.InterfaceType.FullName == typeof(IAsyncStateMachine).FullName);

    // What is woven in takes the place of the instruction, so that whatever jumps there meets it.
    private static void Precede(MethodBody body, Instruction instruction, params ReadOnlySpan<Instruction> woven)
    {
        var moved = Instruction.Create(OpCodes.Nop);
        (moved.OpCode, moved.Operand) = (instruction.OpCode, instruction.Operand);
        (instruction.OpCode, instruction.Operand) = (woven[0].OpCode, woven[0].Operand);
        var index = body.Instructions.IndexOf(instruction);
        foreach (var next in woven[1..]) body.Instructions.Insert(++index, next);
        body.Instructions.Insert(++index, moved);
    }

    // In front of a try block that begins with the method, whose handlers must not catch what the call throws.
    private static void AtStart(MethodDefinition method, MethodReference call)
    {
        var start = Instruction.Create(OpCodes.Call, call);
        method.Body.Instructions.Insert(0, start);
        if (method.DebugInformation.SequencePoints is not [{ } first, ..]) return;
        method.DebugInformation.SequencePoints.Insert(0, new SequencePoint(start, first.Document)
        {
            StartLine = first.StartLine,
            StartColumn = first.StartColumn,
            EndLine = first.EndLine,
            EndColumn = first.EndColumn,
        });
    }
}
