using System.Security.Cryptography;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

/// <summary>Messages as jupyter_client 7.4.9 has put them on the wire (tests/jupyter/capture_wire.py).</summary>
public sealed class WireFixtureTests
{
    private readonly WireFormat wire = new("a0436f6c-1916-498b-8eb9-e81ab9368e84"u8.ToArray(), HashAlgorithmName.SHA256);

    [Theory]
    [InlineData("kernel_info_request", 0)]
    [InlineData("execute_request", 0)]
    [InlineData("input_reply", 0)]
    [InlineData("comm_msg_with_buffers", 2)]
    public void A_message_of_jupyter_client_is_read_and_put_together_again_byte_for_byte(string name, int buffers)
    {
        var frames = Captured(name);
        var request = wire.Decode(frames, Channel.Shell, 1);
        Assert.StartsWith(request.Type, name);
        Assert.Equal("4f1e2d3c-front-end"u8.ToArray(), Assert.Single(request.Identities));
        Assert.Equal(buffers, request.Buffers.Count);
        Assert.Equal(frames, wire.Frames(request.Identities, [request.Header, .. frames[4..7]], request.Buffers));
    }

    [Fact]
    public void Text_numbers_and_buffers_come_through_unchanged()
    {
        var execute = wire.Decode(Captured("execute_request"), Channel.Shell, 1);
        Assert.Equal("Console.WriteLine(\"é 😀 \u2028 <a> & \\\" \\\\\");\n1 + 1", execute.Content.Text("code"));
        Assert.Equal("c-1", execute.Metadata.Text("cellId"));

        var comm = wire.Decode(Captured("comm_msg_with_buffers"), Channel.Shell, 2);
        Assert.Equal("12345678901234567890", comm.Content["data"]!["state"]!["big"]!.ToJsonString());
        Assert.Equal(Enumerable.Range(0, 256).Select(i => (byte)i), comm.Buffers[0]);
        Assert.Equal("<IDS|MSG>"u8.ToArray(), comm.Buffers[1]);
    }

    [Fact]
    public void A_changed_byte_in_any_signed_frame_and_a_replay_are_refused_and_a_changed_buffer_is_not()
    {
        for (var frame = 2; frame < 7; frame++)
        {
            var frames = Captured("execute_request");
            frames[frame] = [.. frames[frame]];
            frames[frame][^1] ^= 1;
            Assert.Throws<WireFormatException>(() => wire.Decode(frames, Channel.Shell, 1));
        }

        var comm = Captured("comm_msg_with_buffers");
        comm[7][0] ^= 1;
        wire.Decode(comm, Channel.Shell, 1);
        Assert.Throws<WireFormatException>(() => wire.Decode(comm, Channel.Shell, 2));
    }

    private static byte[][] Captured(string name) =>
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Jupyter", "wire", $"{name}.txt")).Select(Convert.FromHexString)];
}
