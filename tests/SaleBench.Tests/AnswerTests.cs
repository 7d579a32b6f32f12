using System.Text;
using OrleansLimiter.SaleBench.Http;
using Xunit;

namespace OrleansLimiter.SaleBench.Tests;

public sealed class AnswerTests
{
    [Theory]
    [InlineData(200, """{"receiptId":"x","tickets":["0ba06bb6-39ff-4b84-8a4b-7fbd07d2bbea"],"amount":1}""", "Bought", "200")]
    [InlineData(429, """{"policy":"buy-ticket","queue":{"position":1,"etaSeconds":10}}""", "Held", "429 held in line")]
    [InlineData(429, """{"policy":"buy-ticket"}""", "Limited", "429 buy-ticket")]
    [InlineData(409, """{"reason":"ticketGone"}""", "TicketGone", "409 ticketGone")]
    [InlineData(409, """{"reason":"ticketLimit"}""", "TicketLimit", "409 ticketLimit")]
    [InlineData(409, """{"reason":"admissionUsed"}""", "TurnUsed", "409 admissionUsed")]
    [InlineData(409, """{"reason":"soldOut"}""", "Over", "409 soldOut")]
    [InlineData(409, """{"reason":"saleNotOpen"}""", "NotOpen", "409 saleNotOpen")]
    [InlineData(409, """{"reason":"running"}""", "Running", "409 running")]
    [InlineData(410, """{"reason":"saleClosed"}""", "Over", "410 saleClosed")]
    [InlineData(503, """{"reason":"valveUnavailable"}""", "Failed", "503 valveUnavailable")]
    [InlineData(503, """{"reason":"databaseBusy"}""", "Busy", "503 databaseBusy")]
    [InlineData(502, "<html>", "Failed", "502")]
    [InlineData(400, """{"field":"creditCard"}""", "Unexpected", "400")]
    [InlineData(200, "", "Unexpected", "200")]
    public void A_purchases_answer_is_understood(int status, string body, string kind, string name)
    {
        var answer = Answer.OfPurchase(1, 2, status, null, Encoding.UTF8.GetBytes(body));
        Assert.Equal((kind, name), (answer.Kind.ToString(), answer.Name));
    }

    [Theory]
    [InlineData(202, """{"state":"joining","position":null,"etaSeconds":null,"pollAfterMs":250}""", "Held", null, null)]
    [InlineData(200, """{"state":"waiting","position":7,"etaSeconds":3,"pollAfterMs":1000,"place":12}""", "Held", 7, 12L)]
    [InlineData(200, """{"state":"admitted","position":null,"etaSeconds":0,"pollAfterMs":1000,"place":12,"admission":"x"}""", "Turn", null,
        12L)]
    [InlineData(200, """{"state":"soldOut","position":null,"etaSeconds":null,"pollAfterMs":1000,"place":12}""", "Over", null, 12L)]
    [InlineData(404, """{"reason":"noPlace"}""", "NoPlace", null, null)]
    [InlineData(429, """{"policy":"queue-user"}""", "Limited", null, null)]
    public void The_queues_answer_is_understood(int status, string body, string kind, int? position, long? place)
    {
        var answer = Answer.OfQueue(1, 2, status, null, Encoding.UTF8.GetBytes(body));
        Assert.Equal((kind, position, place), (answer.Kind.ToString(), answer.Position, answer.Place));
    }
}
