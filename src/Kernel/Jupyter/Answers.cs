using System.Text.Json.Nodes;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>The content of the answer to each type of request.</summary>
/// <param name="session">The session; it may still be starting.</param>
/// <param name="execution">Runs cells.</param>
/// <param name="comms">Carries comms.</param>
/// <param name="subshells">Queues beside the shell's.</param>
/// <param name="history">Of the cells.</param>
internal sealed class Answers(Task<CSharpSession> session, Execution execution, FrontEndComms comms, Subshells subshells, History history)
{
    private readonly Usage usage = new();
    private readonly VariableInspection variables = new();

    // Waits while the session starts.
    private CSharpSession Session => session.GetAwaiter().GetResult();

    /// <returns>Null: this type has no answer.</returns>
    public JsonObject? To(Request request)
    {
        var content = request.Content;
        return request.Channel == Channel.Control && OnControl(request) is { } answer ? answer : request.Type switch
        {
            "kernel_info_request" => KernelInfo.Content(),
            "execute_request" when request.Channel == Channel.Shell => execution.Run(request),
            "is_complete_request" => LanguageRequests.Completeness(Session, content),
            "complete_request" => execution.Interruptible(token => LanguageRequests.Complete(Session, content, token)),
            "inspect_request" => execution.Interruptible(token => LanguageRequests.Inspect(Session, content, token)),
            "history_request" => history.Answer(content),
            "comm_info_request" => FrontEndComms.Info(Session, content),
            "comm_open" or "comm_msg" or "comm_close" => ToComm(request),
            "shutdown_request" => Shutdown(request),
            "interrupt_request" => Interrupt(),
            _ => Unknown(request),
        };
    }

    /// <summary>What a shutdown is answered with, and published to all front ends.</summary>
    public static JsonObject Shutdown(Request request) => new() { ["status"] = "ok", ["restart"] = request.Content.Flag("restart", false) };

    private JsonObject? OnControl(Request request) => request.Type switch
    {
        "create_subshell_request" => subshells.Create(),
        "delete_subshell_request" => subshells.Delete(request.Content.Text("subshell_id")),
        "list_subshell_request" => subshells.List(),
        "usage_request" => usage.Answer(),
        "debug_request" => variables.Answer(Session, request.Content),
        _ => null,
    };

    private JsonObject Interrupt()
    {
        execution.Interrupt();
        return new() { ["status"] = "ok" };
    }

    private JsonObject? ToComm(Request request)
    {
        execution.Interruptible(token => comms.Receive(Session, request, token));
        return null;
    }

    private static JsonObject? Unknown(Request request)
    {
        Console.Error.WriteLine($"{request.Type} on the {request.Channel} socket is not known to this kernel; it was left unanswered.");
        return null;
    }
}
