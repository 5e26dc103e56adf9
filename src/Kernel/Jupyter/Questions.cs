using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>Asks users on the stdin socket, one question at a time.</summary>
internal sealed class Questions(Outbox outbox)
{
    private static readonly string endOfInput = "\u0004";

    private readonly SemaphoreSlim oneQuestion = new(1);
    private volatile Question? open;

    /// <summary>What answers the cell of this request; null if its front end takes no questions.</summary>
    public IUserInput? For(Request request, CellOutputs outputs) =>
        request.Content.Flag("allow_stdin", true) ? new CellInput(this, request, outputs) : null;

    /// <summary>An answer came. One that nobody waits for, e.g. to a question that was interrupted, answers nothing else.</summary>
    public void Receive(Request answer)
    {
        if (open is { } question && SameRoute(question.Request, answer)) question.Answer.TrySetResult(answer.Content.Text("value"));
    }

    private string? Ask(Request request, string prompt, bool secret, CancellationToken cancellation)
    {
        oneQuestion.Wait(cancellation);
        try
        {
            var question = new Question(request, new(TaskCreationOptions.RunContinuationsAsynchronously));
            open = question;
            outbox.Ask(request, new() { ["prompt"] = prompt, ["password"] = secret });
            question.Answer.Task.Wait(cancellation);
            return question.Answer.Task.Result == endOfInput ? null : question.Answer.Task.Result;
        }
        finally
        {
            open = null;
            oneQuestion.Release();
        }
    }

    private static bool SameRoute(Request question, Request answer) =>
        question.Identities.Count == answer.Identities.Count && question.Identities.Zip(answer.Identities).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    private sealed record Question(Request Request, TaskCompletionSource<string> Answer);

    private sealed class CellInput(Questions questions, Request request, CellOutputs outputs) : IUserInput
    {
        public string? Ask(string prompt, bool secret, CancellationToken cancellation)
        {
            outputs.Flush(); // what explains the question comes first
            return questions.Ask(request, prompt, secret, cancellation);
        }
    }
}
