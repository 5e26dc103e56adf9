using System.Text;
using CsCheck;

namespace Kernel.Tests.Jupyter;

public sealed class FuzzTests
{
    private static readonly string[] plausible = ["{}", "[]", """{"msg_type":"execute_request"}""", """{"code":"System.Environment.Exit(1)"}""", """{"msg_type":"shutdown_request"}""", ""];

    private static readonly Gen<byte[]> frame = Gen.Frequency(
        (4, Gen.Byte.Array[0, 64]),
        (3, Gen.Const("<IDS|MSG>"u8.ToArray())),
        (2, Gen.Int[0, plausible.Length - 1].Select(i => Encoding.UTF8.GetBytes(plausible[i]))));

    [Fact]
    public void Of_ten_thousand_fuzzed_messages_none_runs_and_the_next_request_is_answered()
    {
        using var front = new FrontEnd();
        var genuine = front.Frames("execute_request", new() { ["code"] = "System.Environment.Exit(1)" }, out _);
        Send(frame.Array[1, 9], 5_000);
        Send(Gen.Select(Gen.Int[1, 5], Gen.Int[0, 63], Gen.Byte[1, 255], (which, at, flip) => Spoilt(genuine, which, at, flip)), 5_000);

        var id = front.Send("kernel_info_request", []);
        Assert.Equal(id, front.ShellReply().ParentId);
        Assert.Equal(1, (int)front.Run("1").Reply.Content["execution_count"]!);

        void Send(Gen<byte[][]> messages, int count) => messages.Sample(message => front.SendShell(message), iter: count, threads: 1);
    }

    // One byte of the signature or of a signed frame is another.
    private static byte[][] Spoilt(byte[][] genuine, int which, int at, byte flip)
    {
        var message = genuine.Select(part => part.ToArray()).ToArray();
        message[which][at % message[which].Length] ^= flip;
        return message;
    }
}
