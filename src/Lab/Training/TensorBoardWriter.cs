using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Lab.Training;

/// <summary>
/// Scalars for TensorBoard: a file of TFRecords (length, checksum, data, checksum), each an <c>Event</c> protocol buffer.
/// Every start writes a file of its own, so nothing that a killed run left can be torn further.
/// </summary>
/// <remarks>Source: tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.cc.</remarks>
internal sealed class TensorBoardWriter : IDisposable
{
    private readonly FileStream stream;

    /// <param name="folder">A TensorBoard log folder.</param>
    /// <param name="step">First step to come; TensorBoard forgets what earlier files say about it and later ones.</param>
    /// <param name="time">Now.</param>
    public TensorBoardWriter(string folder, long step, DateTimeOffset time)
    {
        // TensorBoard reads a folder's files in the order of their names.
        var name = $"events.out.tfevents.{time.ToUnixTimeMilliseconds():D14}.{step:D12}.lab";
        stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Write(EventBytes(time, 0, message => message.Text(3, "brain.Event:2")));
        Write(EventBytes(time, step, message => message.Nested(7, session => session.Varint(1, 1)))); // SessionLog, status START
    }

    public void Scalars(long step, DateTimeOffset time, IEnumerable<(string Tag, double Value)> scalars)
    {
        Write(EventBytes(time, step, message => message.Nested(5, summary =>
        {
            foreach (var (tag, value) in scalars)
                summary.Nested(1, entry => { entry.Text(1, tag); entry.Single(2, (float)value); });
        })));
        stream.Flush();
    }

    public void Dispose() => stream.Dispose();

    /// <summary>One record of a TFRecord file.</summary>
    internal static byte[] Frame(ReadOnlySpan<byte> data)
    {
        var record = new byte[12 + data.Length + 4];
        BinaryPrimitives.WriteInt64LittleEndian(record, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        data.CopyTo(record.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), MaskedCrc(data));
        return record;
    }

    internal static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    internal static byte[] EventBytes(DateTimeOffset time, long step, Action<Message> what)
    {
        var message = new Message();
        message.Double(1, (time - DateTimeOffset.UnixEpoch).TotalSeconds);
        message.Varint(2, (ulong)step);
        what(message);
        return message.ToArray();
    }

    // A checksum of data that hold checksums is weak, so stored ones are rotated and shifted.
    private static uint MaskedCrc(ReadOnlySpan<byte> data) => BitOperations.RotateRight(Crc32C(data), 15) + 0xa282ead8u;

    private void Write(byte[] data) => stream.Write(Frame(data));

    /// <summary>The few kinds of protocol buffer fields that an event needs.</summary>
    internal sealed class Message
    {
        private readonly ArrayBufferWriter<byte> bytes = new();

        public void Varint(int field, ulong value) { Key(field, 0); Number(value); }

        public void Double(int field, double value) { Key(field, 1); BinaryPrimitives.WriteDoubleLittleEndian(bytes.GetSpan(8), value); bytes.Advance(8); }

        public void Single(int field, float value) { Key(field, 5); BinaryPrimitives.WriteSingleLittleEndian(bytes.GetSpan(4), value); bytes.Advance(4); }

        public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public void Nested(int field, Action<Message> fill)
        {
            var inner = new Message();
            fill(inner);
            Bytes(field, inner.ToArray());
        }

        public byte[] ToArray() => bytes.WrittenSpan.ToArray();

        private void Bytes(int field, ReadOnlySpan<byte> value) { Key(field, 2); Number((ulong)value.Length); bytes.Write(value); }

        private void Key(int field, int wireType) => Number((ulong)(field << 3 | wireType));

        private void Number(ulong value)
        {
            for (; value >= 0x80; value >>= 7) bytes.Write([(byte)(value | 0x80)]);
            bytes.Write([(byte)value]);
        }
    }
}
