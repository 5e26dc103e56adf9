using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Lab.Data.Catalogue;

/// <summary>Where a download stands.</summary>
/// <param name="File">The file's name.</param>
/// <param name="BytesDone">Bytes on disk, those of an earlier attempt included.</param>
/// <param name="BytesTotal">Bytes of the whole file.</param>
public sealed record DownloadProgress(string File, long BytesDone, long BytesTotal);

/// <summary>
/// Brings one file of the catalogue to disk. The bytes gather in <c>name.part</c>, from which a later attempt goes on;
/// only a whole file with the right checksum gets its name.
/// </summary>
internal sealed class FileDownload(DatasetFile file, string folder)
{
    private static readonly TimeSpan silence = TimeSpan.FromSeconds(30);

    private static readonly HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15) })
    {
        Timeout = Timeout.InfiniteTimeSpan, // a large file may take long; silence may not
    };

    /// <exception cref="ChecksumException">The file is another one. The bytes are deleted: going on from them cannot help.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached or refuses.</exception>
    /// <exception cref="IOException">The connection broke off again and again, or the disk failed; what arrived is kept.</exception>
    /// <exception cref="TimeoutException">The server fell silent; what arrived is kept.</exception>
    public async Task RunAsync(IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var target = Path.Combine(folder, file.Name);
        if (File.Exists(target)) return;

        await using (var part = new FileStream(target + ".part", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            await CompleteAsync(part, progress, cancellation);
            part.Position = 0;
            var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(part, cancellation));
            if (actual != file.Sha256)
            {
                part.SetLength(0);
                throw new ChecksumException(file.Url.ToString(), file.Sha256, actual,
                    "What was downloaded has been deleted. Try again; if it stays so, the server's file has changed or something between alters it.");
            }
        }

        File.Move(target + ".part", target);
    }

    // As long as every attempt brings something, a broken connection is taken up again.
    private async Task CompleteAsync(FileStream part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        if (part.Length > file.Bytes) part.SetLength(0);
        while (part.Length < file.Bytes)
        {
            var before = part.Length;
            try
            {
                await ReceiveAsync(part, progress, cancellation);
                if (part.Length < file.Bytes) throw new IOException($"The server ended after {part.Length:N0} of {file.Bytes:N0} bytes.");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException && part.Length > before)
            {
            }
        }
    }

    private async Task ReceiveAsync(FileStream part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(silence);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, file.Url);
            if (part.Length > 0) request.Headers.Range = new RangeHeaderValue(part.Length, null);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);

            // A server without ranges sends the file from its start; one whose file is shorter refuses the range.
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) part.SetLength(0);
            response.EnsureSuccessStatusCode();
            var continues = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == part.Length;
            if (!continues) part.SetLength(0);
            part.Position = part.Length;
            await CopyAsync(response, part, patience, progress);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{file.Url.Host} sent nothing for {silence.TotalSeconds} seconds.");
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, FileStream part, CancellationTokenSource patience, IProgress<DownloadProgress>? progress)
    {
        await using var content = await response.Content.ReadAsStreamAsync(patience.Token);
        var buffer = new byte[1 << 16];
        while (part.Length <= file.Bytes && await content.ReadAsync(buffer, patience.Token) is > 0 and var count)
        {
            patience.CancelAfter(silence);
            await part.WriteAsync(buffer.AsMemory(0, count), patience.Token);
            progress?.Report(new(file.Name, part.Length, file.Bytes));
        }
    }
}
