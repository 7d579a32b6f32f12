using Microsoft.AspNetCore.SignalR;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Samples.Endpoints;

[RequireLimit("chats")]
public sealed class ChatHub : Hub
{
    [RequireLimit("messages")]
    public Task Say(string text) => Clients.All.SendAsync("said", text);
}

public sealed class FeedHub : Hub;
