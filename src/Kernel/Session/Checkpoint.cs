using System.Runtime.CompilerServices;

namespace Lab.Kernel.Session;

/// <summary>
/// Where code of cells can be stopped. Calls to it are woven into every cell: at the start of methods, lambdas and
/// resumed iterators, and where loops begin anew.
/// </summary>
public static class Checkpoint
{
    // Between two looks at the stack it may grow by this much; the runtime keeps at least twice as much in reserve.
    private const int probeDistance = 32 * 1024;

    /// <summary>The last line to begin of those that call something, in whichever cell. Written by the woven code.</summary>
    public static long LastLine;

    private static volatile int stopping;

    [ThreadStatic]
    private static nuint checkedDownTo;

    /// <summary>Returns at once unless the cell that this code belongs to has been interrupted.</summary>
    /// <exception cref="CellStoppedException">It has.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pass()
    {
        if (stopping != 0) Stop();
    }

    /// <summary>As <see cref="Pass"/>, in methods that call others: endless recursion ends in an exception, not with the process.</summary>
    /// <exception cref="CellStoppedException">The cell has been interrupted.</exception>
    /// <exception cref="InsufficientExecutionStackException">The stack is nearly used up.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Enter()
    {
        if (stopping != 0) Stop();
        byte here;
        if ((nuint)(&here) - checkedDownTo > int.MaxValue) Probe((nuint)(&here)); // below it, or never set on this thread
    }

    /// <summary>A line of a cell as <see cref="LastLine"/> holds it.</summary>
    /// <param name="cell">The cell's number.</param>
    /// <param name="line">From 1.</param>
    internal static long Line(int cell, int line) => ((long)cell << 32) | (uint)line;

    /// <summary>The last line to begin of a cell; null if another cell's line began later.</summary>
    internal static int? LineOf(int cell) => LastLine >> 32 == cell ? (int)LastLine : null;

    /// <summary>Some cell has been interrupted: from now on checkpoints look which.</summary>
    internal static void Raise() => Interlocked.Increment(ref stopping);

    /// <summary>That cell has ended.</summary>
    internal static void Lower() => Interlocked.Decrement(ref stopping);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Stop()
    {
        if (CellContext.CurrentOrNull is { Run.IsStopping: true }) throw new CellStoppedException();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Probe(nuint here)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        checkedDownTo = here - probeDistance;
    }
}

/// <summary>Ends a cell at a checkpoint in its code. A handler that catches it meets the next checkpoint soon.</summary>
/// <remarks>Not an <see cref="OperationCanceledException"/>, as which a task would forget where it came from.</remarks>
public sealed class CellStoppedException() : Exception("The cell was interrupted.");
