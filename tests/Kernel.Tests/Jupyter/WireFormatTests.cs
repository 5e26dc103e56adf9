using System.Security.Cryptography;
using System.Text;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

public sealed class WireFormatTests
{
    // printf '%s' '{"msg_id":"1","msg_type":"execute_request"}{}{}{"code":"\"é😀\""}' | openssl dgst -sha256 -hmac a0436f6c-1916-498b-8eb9-e81ab9368e84
    private const string signature = "58d05f83886e70c293193c81813d3ad2c86575efdcc60bfa0acad1d44f88fbc6";

    private static readonly string[] signed = ["""{"msg_id":"1","msg_type":"execute_request"}""", "{}", "{}", """{"code":"\"é😀\""}"""];

    [Fact]
    public void A_signature_is_the_HMAC_of_the_four_frames_as_openssl_computes_it() =>
        Assert.Equal(signature, Encoding.ASCII.GetString(Wire().Sign(signed.Select(Bytes))));

    [Fact]
    public void Identities_stand_before_the_delimiter_and_buffers_after_the_content()
    {
        var request = Decode(Wire(), ["front", "end", "<IDS|MSG>", signature, .. signed, "buffer one", "buffer two"]);

        Assert.Equal(["front", "end"], request.Identities.Select(Encoding.UTF8.GetString));
        Assert.Equal("execute_request", request.Type);
        Assert.Equal("\"é😀\"", request.Content.Text("code"));
    }

    [Fact]
    public void A_message_signed_with_another_key_is_refused()
    {
        var wrong = (signature[0] == '0' ? '1' : '0') + signature[1..];
        Assert.Contains("signature", Refused(["<IDS|MSG>", wrong, .. signed]));
        Assert.Contains("signature", Refused(["<IDS|MSG>", "", .. signed]));
        Assert.Contains("signature", Refused(["<IDS|MSG>", signature.ToUpperInvariant(), .. signed]));
    }

    [Fact]
    public void A_message_that_comes_twice_is_refused()
    {
        var wire = Wire();
        string[] frames = ["<IDS|MSG>", signature, .. signed];
        Decode(wire, frames);
        Assert.Contains("before", Assert.Throws<WireFormatException>(() => Decode(wire, frames)).Message);
    }

    [Fact]
    public void Truncated_messages_are_refused()
    {
        string[] whole = ["identity", "<IDS|MSG>", signature, .. signed];
        for (var length = 0; length < whole.Length; length++) Assert.Contains("frames", Refused(whole[..length]));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"msg_type":7}""")]
    [InlineData("""{"msg_type":"a","msg_type":"b"}""")]
    public void A_header_that_is_no_header_is_refused(string header)
    {
        var wire = new WireFormat([], HashAlgorithmName.SHA256);
        Assert.Throws<WireFormatException>(() => Decode(wire, ["<IDS|MSG>", "", header, "{}", "{}", "{}"]));
    }

    [Fact]
    public void Without_a_key_messages_are_neither_signed_nor_checked()
    {
        var wire = new WireFormat([], HashAlgorithmName.SHA256);
        Assert.Equal("execute_request", Decode(wire, ["<IDS|MSG>", "whatever", .. signed]).Type);
        Assert.Empty(wire.Encode([], "status", null, [])[1]);
    }

    [Fact]
    public void The_parent_is_the_request_header_byte_for_byte()
    {
        const string header = """{ "date":"x", "msg_type" : "execute_request","é":1.50 }""";
        var wire = new WireFormat([], HashAlgorithmName.SHA256);
        var request = Decode(wire, ["<IDS|MSG>", "", header, "{}", "{}", "{}"]);
        Assert.Equal(header, new Message(wire.Encode([], "status", request.Header, [])).ParentText);
    }

    [Fact]
    public void Two_messages_of_equal_content_have_ids_and_signatures_of_their_own_and_one_session()
    {
        var wire = Wire();
        var first = new Message(wire.Encode([], "status", null, new() { ["execution_state"] = "busy" }));
        var second = new Message(wire.Encode([], "status", null, new() { ["execution_state"] = "busy" }));

        Assert.NotEqual(first.Header.String("msg_id"), second.Header.String("msg_id"));
        Assert.NotEqual(first.Signature, second.Signature);
        Assert.Equal(first.Header.String("session"), second.Header.String("session"));
        Assert.Equal(Encoding.ASCII.GetString(wire.Sign(first.Signed)), first.Signature);
        Assert.Equal("{}", first.ParentText);
        Assert.Equal("5.5", first.Header.String("version"));
        Assert.EndsWith("Z", first.Header.String("date"));
    }

    private static WireFormat Wire() => new("a0436f6c-1916-498b-8eb9-e81ab9368e84"u8.ToArray(), HashAlgorithmName.SHA256);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static Request Decode(WireFormat wire, IEnumerable<string> frames) => wire.Decode([.. frames.Select(Bytes)], Channel.Shell, 1);

    private static string Refused(IEnumerable<string> frames) => Assert.Throws<WireFormatException>(() => Decode(Wire(), frames)).Message;
}
