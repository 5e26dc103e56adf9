using System.Text;
using Lab.Training;

namespace Lab.Tests.Training;

public sealed class TensorBoardWriterTests
{
    [Theory]
    [InlineData("123456789", 0xE3069283)] // the check value of CRC-32C
    [InlineData("", 0)]
    public void The_checksum_has_its_published_values(string text, uint expected) =>
        Assert.Equal(expected, TensorBoardWriter.Crc32C(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void The_checksum_of_32_zeros_is_that_of_RFC_3720() => Assert.Equal(0x8A9136AAu, TensorBoardWriter.Crc32C(new byte[32]));

    [Fact]
    public void A_record_is_length_checksum_data_checksum()
    {
        // The first record of every file that TensorFlow writes at time 0: its length 24 has the masked checksum a3 7f 4b 22.
        var record = TensorBoardWriter.Frame(new byte[24]);
        Assert.Equal([0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22], record[..12]);
        Assert.Equal(12 + 24 + 4, record.Length);
    }

    [Fact]
    public void A_scalar_event_has_the_bytes_of_its_protocol_buffer()
    {
        var bytes = TensorBoardWriter.EventBytes(DateTimeOffset.UnixEpoch.AddSeconds(1), 300, message =>
            message.Nested(5, summary => summary.Nested(1, value => { value.Text(1, "loss"); value.Single(2, 0.5f); })));
        byte[] expected =
        [
            0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, // wall_time = 1.0
            0x10, 0xAC, 0x02, // step = 300
            0x2A, 13, // summary
            0x0A, 11, // value
            0x0A, 4, (byte)'l', (byte)'o', (byte)'s', (byte)'s', // tag
            0x15, 0, 0, 0, 0x3F, // simple_value = 0.5
        ];
        Assert.Equal(expected, bytes);
    }
}
